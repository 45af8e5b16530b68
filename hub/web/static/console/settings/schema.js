// @ts-check
/** A form drawn from the JSON Schema of a channel's settings: any channel's, whoever wrote it. */

import { html } from "../../vendor/htm-preact.js";
import { t } from "../words.js";
import { Field, useGiven } from "./form.js";
import { choiceName, parted } from "./known.js";

/** @typedef {{name: string, label: string, hint: string, kind: "text" | "secret" | "number" | "yesno" | "list" | "choice" | "json", options: string[], required: boolean, fallback: any, least?: number, most?: number}} Known */

/** @param {any} schema @returns {Known[]} */
export function fields(schema) {
  return Object.entries(schema.properties ?? {}).map(([name, raw]) => {
    const one = resolved(schema, raw);
    return {
      name,
      label: one.title ?? name,
      hint: one.description ?? "",
      kind: kindOf(one),
      options: one.enum ?? [],
      required: (schema.required ?? []).includes(name),
      fallback: one.default ?? (one.type === "array" ? [] : ""),
      least: one.minimum,
      most: one.maximum,
    };
  });
}

/** What a reference or a choice of types stands for. @param {any} schema @param {any} one @returns {any} */
function resolved(schema, one) {
  const inner = one.$ref ?? one.allOf?.[0]?.$ref;
  const named = inner ? schema.$defs?.[inner.split("/").pop()] : null;
  const other = (one.anyOf ?? []).find((/** @type {any} */ each) => each.type !== "null");
  return { ...(named ?? {}), ...(other ? resolved(schema, other) : {}), ...one };
}

/** @param {any} one @returns {Known["kind"]} */
function kindOf(one) {
  if (one.writeOnly || one.format === "password") return "secret";
  if (one.enum) return "choice";
  if (one.type === "boolean") return "yesno";
  if (one.type === "integer" || one.type === "number") return "number";
  if (one.type === "array" && one.items?.type === "string") return "list";
  return one.type === "object" || one.type === "array" ? "json" : "text";
}

/** @param {Known[]} known @param {any} stored @returns {Record<string, any>} */
export const toForm = (known, stored) => Object.fromEntries(known.map((one) => [one.name, shown(one, stored?.[one.name] ?? one.fallback)]));

/** @param {Known} one @param {any} value */
function shown(one, value) {
  // Whether a secret is set is all that is known of it.
  if (one.kind === "secret") return "";
  if (one.kind === "list") return (value ?? []).join("\n");
  return one.kind === "json" ? JSON.stringify(value, null, 1) : value;
}

/** What is sent: an untouched secret stays what it is. @param {Known[]} known @param {any} given @param {any} stored */
export function fromForm(known, given, stored) {
  const values = known.map((one) => [one.name, read(one, given[one.name])]);
  return Object.fromEntries(values.filter(([name, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(stored?.[name])));
}

/** @param {Known} one @param {any} value */
function read(one, value) {
  if (one.kind === "secret") return value || undefined;
  if (one.kind === "number") return Number.isFinite(value) ? value : undefined;
  if (one.kind === "list") return value.split(/[\n,]+/).map((/** @type {string} */ each) => each.trim()).filter(Boolean);
  if (one.kind === "json") return value.trim() ? JSON.parse(value) : undefined;
  return value;
}

/** What everybody sets, and folded what most leave as it is. @param {{known: Known[], stored: any, channel: string, open?: boolean}} props */
export function SchemaFields({ known, stored, channel, open = false }) {
  const { faults } = useGiven();
  const [first, others] = parted(channel, known);
  const faulty = others.some((one) => faults[one.name] ?? faults[`settings.${one.name}`]);
  return html`
    <${Fields} channel=${channel} known=${first} stored=${stored} />
    ${others.length ? html`<details class="more-fields" open=${open || faulty}><summary>${t("schema.more")}</summary><div class="form"><${Fields} channel=${channel} known=${others} stored=${stored} /></div></details>` : ""}`;
}

/** @param {{channel: string, known: Known[], stored: any}} props */
const Fields = ({ channel, known, stored }) => known.map((one) => {
  const common = { key: one.name, name: one.name, label: one.label, hint: one.hint, required: one.required && !stored };
  if (one.kind === "yesno") return html`<${Field} ...${common} required=${false} type="checkbox" />`;
  if (one.kind === "choice") return html`<${Field} ...${common} options=${one.options.map((each) => [each, choiceName(channel, one.name, each)])} />`;
  if (one.kind === "number") return html`<${Field} ...${common} type="number" min=${one.least} max=${one.most} step="any" />`;
  if (one.kind === "list") return html`<${Field} ...${common} long hint=${`${one.hint} ${t("schema.lines")}`} />`;
  if (one.kind === "json") return html`<${Field} ...${common} long />`;
  if (one.kind === "secret") return html`<${Field} ...${common} type="password" autocomplete="new-password" placeholder=${stored?.[one.name]?.set ? t("schema.secretSet") : ""} />`;
  return html`<${Field} ...${common} />`;
});
