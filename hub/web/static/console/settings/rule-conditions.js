// @ts-check
/** The conditions of a rule: all, any, not, and comparisons of fields; the tree that the YAML spells. */

import { html } from "../../vendor/htm-preact.js";
import { Icon } from "../shell/icon.js";
import { t } from "../words.js";
import { Fault } from "./fault.js";
import { FieldBox, valueName, valuesOf } from "./rule-fields.js";

const GROUPS = ["all", "any"];
const LISTED = ["in", "not_in"];

/**
 * @typedef {{tree: any, set: (tree: any) => void, place: string, fields: Record<string, string>, comparisons: Record<string, string[]>, faults: Record<string, string>}} Props
 * set(null): it is taken away.
 * @param {Props} props
 */
export function Conditions(props) {
  const { tree, set, place } = props;
  const root = tree && GROUPS.some((one) => one in tree) ? tree : { all: tree && Object.keys(tree).length ? [tree] : [] };
  const wrapped = tree && !GROUPS.some((one) => one in tree);
  return html`<${Group} ...${props} tree=${root} place=${wrapped ? "" : place} set=${(/** @type {any} */ next) => set(Object.values(next ?? { all: [] })[0]?.length ? next : null)} />${wrapped ? html`<${Fault} faults=${props.faults} place=${place} within />` : ""}`;
}

/** @param {Props & {remove?: () => void}} props */
function Group({ tree, set, place, remove, ...rest }) {
  const word = GROUPS.find((one) => one in tree) ?? "all";
  const parts = tree[word];
  /** @param {number} at @param {any} next */
  const put = (at, next) => set({ [word]: next === null ? parts.filter((/** @type {any} */ _, /** @type {number} */ index) => index !== at) : parts.with(at, next) });
  return html`<div class="rule-group">
    ${parts.length > 1 || remove ? html`<div class="rule-line"><select aria-label=${t("group.which")} value=${word} onChange=${(/** @type {any} */ event) => set({ [event.target.value]: parts })}>${GROUPS.map((one) => html`<option value=${one} selected=${one === word}>${t(`group.${one}`)}</option>`)}</select>
      ${remove ? html`<button type="button" class="icon-button" onClick=${remove} aria-label=${t("condition.remove")} title=${t("condition.remove")}><${Icon} name="x" /></button>` : ""}</div>` : ""}
    ${parts.map((/** @type {any} */ one, /** @type {number} */ index) => html`<${Part} key=${index} ...${rest} tree=${one} place=${`${place}.${word}.${index}`} set=${(/** @type {any} */ next) => put(index, next)} />`)}
    <p class="rule-add"><button type="button" class="plain link" onClick=${() => set({ [word]: [...parts, { field: Object.keys(rest.fields).find((one) => one.endsWith(".status")) ?? "customer.locale", is: "" }] })}><${Icon} name="plus" />${t("condition.add")}</button>
      ${parts.length ? html`<button type="button" class="plain link" onClick=${() => set({ [word]: [...parts, { not: { any: [] } }] })}><${Icon} name="plus" />${t("condition.addNot")}</button>
        <button type="button" class="plain link" onClick=${() => set({ [word]: [...parts, { [word === "all" ? "any" : "all"]: [] }] })}><${Icon} name="plus" />${t("condition.addGroup")}</button>` : ""}</p>
  </div>`;
}

/** @param {Props} props */
function Part(props) {
  const { tree, set, place } = props;
  if (GROUPS.some((one) => one in tree)) return html`<${Group} ...${props} remove=${() => set(null)} />`;
  if ("not" in tree) return html`<div class="rule-group"><p>${t("group.not")}</p><${Part} ...${props} tree=${tree.not} place=${`${place}.not`} set=${(/** @type {any} */ next) => set(next === null ? null : { not: next })} /></div>`;
  return html`<${Leaf} ...${props} />`;
}

/** @param {Props} props */
function Leaf({ tree, set, place, fields, comparisons, faults }) {
  const kind = kindOf(tree.field ?? "", fields);
  const name = Object.keys(tree).find((one) => one !== "field") ?? "is";
  const fitting = Object.keys(comparisons).filter((one) => !kind || comparisons[one].includes(kind));
  /** @param {string} field */
  const look = (field) => {
    const next = kindOf(field, fields);
    const fits = next && !comparisons[name]?.includes(next) ? Object.keys(comparisons).find((one) => comparisons[one].includes(next)) ?? "is" : name;
    set({ field, [fits]: fits === name ? tree[name] : blank(fits) });
  };
  return html`<div class="rule-line condition">
      <${FieldBox} label=${t("condition.field")} codes=${Object.keys(fields)} value=${tree.field ?? ""} set=${look} />
      <select aria-label=${t("condition.how")} value=${name} onChange=${(/** @type {any} */ event) => set({ field: tree.field, [event.target.value]: refit(event.target.value, tree[name]) })}>${[...new Set([...fitting, name])].map((one) => html`<option value=${one} selected=${one === name}>${t(`compare.${one}`)}</option>`)}</select>
      <${Value} field=${tree.field ?? ""} kind=${kind} name=${name} value=${tree[name]} set=${(/** @type {any} */ value) => set({ field: tree.field, [name]: value })} />
      <button type="button" class="icon-button" onClick=${() => set(null)} aria-label=${t("condition.remove")} title=${t("condition.remove")}><${Icon} name="x" /></button>
    </div><${Fault} faults=${faults} place=${place} within />`;
}

/** @param {{field: string, kind: string, name: string, value: any, set: (value: any) => void}} props */
function Value({ field, kind, name, value, set }) {
  if (name === "empty" || kind === "flag") return html`<select aria-label=${t("condition.value")} value=${String(value)} onChange=${(/** @type {any} */ event) => set(event.target.value === "true")}>${["true", "false"].map((one) => html`<option value=${one} selected=${one === String(value)}>${one.startsWith("t") ? t("consent.yes") : t("consent.no")}</option>`)}</select>`;
  const codes = valuesOf(field);
  const code = (/** @type {string} */ typed) => codes.find((one) => valueName(field, one) === typed.trim()) ?? typed;
  // The names of values hold no comma.
  const meant = (/** @type {string} */ typed) => (LISTED.includes(name) ? typed.split(",").map(code).join(",") : code(typed));
  const called = (/** @type {string} */ text) => (LISTED.includes(name) ? text.split(",").map((one) => valueName(field, one.trim())).join(", ") : valueName(field, text));
  const spelt = Array.isArray(value) ? value.join(",") : String(value ?? "");
  return html`<${FieldBox} label=${t("condition.value")} required title=${LISTED.includes(name) ? t("condition.listed") : ""} codes=${codes} value=${spelt} called=${called} meant=${meant} set=${(/** @type {string} */ text) => set(read(kind, name, text))} />`;
}

/** `order.data.*` stands for any name there. @param {string} field @param {Record<string, string>} fields */
const kindOf = (field, fields) => fields[field] ?? fields[`${field.split(".").slice(0, 2).join(".")}.*`] ?? "";

/** @param {string} name */
const blank = (name) => (name === "empty" ? true : LISTED.includes(name) ? [] : "");

/** The value under another comparison. @param {string} name @param {any} value */
function refit(name, value) {
  if (name === "empty") return true;
  if (LISTED.includes(name)) return Array.isArray(value) ? value : value === "" || typeof value === "boolean" ? [] : [value];
  return Array.isArray(value) ? (value[0] ?? "") : typeof value === "boolean" ? "" : value;
}

/** What was typed, as the kind of field wants it. @param {string} kind @param {string} name @param {string} text */
function read(kind, name, text) {
  if (LISTED.includes(name)) return text.split(",").map((one) => scalar(kind, name, one.trim())).filter((one) => one !== "");
  return scalar(kind, name, text.trim());
}

/** @param {string} kind @param {string} name @param {string} text */
function scalar(kind, name, text) {
  const amount = ["above", "below"].includes(name) || kind === "number";
  const open = kind === "any" && /^(is|is_not|in|not_in)$/.test(name);
  if ((amount || open) && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  return open && (text === "true" || text === "false") ? text === "true" : text;
}
