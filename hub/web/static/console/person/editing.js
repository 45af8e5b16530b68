// @ts-check
/** Changing what is known of a customer: name, language, time zone, who is responsible, labels, own fields. */

import { html } from "../../vendor/htm-preact.js";
import { useState } from "../../vendor/preact-hooks.js";
import { call } from "../api.js";
import { Icon } from "../shell/icon.js";
import { choose } from "../shell/picker.js";
import { fold, lay } from "../shell/sheet.js";
import { Field, Form } from "../settings/form.js";
import { colleagues, may } from "../session.js";
import { complain } from "../trouble.js";
import { languageName, LANGUAGES, t } from "../words.js";
import { set } from "./record.js";

/** @param {any} person @param {any} patch */
async function save(person, patch) {
  set(person.id, await call("PATCH", `/customers/${person.id}`, patch));
}

/** @param {{person: any}} props */
export const Record = ({ person }) => html`<button class="plain link edit" onClick=${() => lay({ title: t("customer.edit"), body: () => html`<${Edit} person=${person} />` })}><${Icon} name="pencil" />${t("customer.edit")}</button>`;

/** @param {{person: any}} props */
function Edit({ person }) {
  /** @param {any} given */
  const submit = async (given) => {
    await save(person, { ...given, owner: given.owner || null });
    fold();
  };
  const zones = Intl.supportedValuesOf("timeZone");
  const known = [...new Set([...LANGUAGES, "de", "fr", "es", "it", "tr", "uk", "kk", person.locale])].filter(Boolean);
  return html`<${Form} submit=${submit} start=${{ name: person.name, locale: person.locale, time_zone: person.time_zone, owner: person.owner ?? "" }}>
    <${Field} name="name" label=${t("customer.name")} />
    <${Field} name="locale" label=${t("customer.locale")} options=${[["", t("form.none")], ...known.map((tag) => [tag, languageName(tag)])]} />
    <${Field} name="time_zone" label=${t("customer.zone")} options=${[["", t("form.none")], ...[...new Set([...zones, person.time_zone])].filter(Boolean).map((zone) => [zone, zone])]} />
    <${Field} name="owner" label=${t("customer.ownerLabel")} options=${[["", t("form.none")], ...colleagues.value.map((one) => [one.id, one.name])]} />
  <//>`;
}

/** @param {{person: any}} props */
export function Labels({ person }) {
  const write = may("customers:write");
  if (!person.labels.length) return null;
  /** @param {string[]} labels */
  const keep = (labels) => save(person, { labels }).catch(complain);
  return html`<p class="labels">
    ${person.labels.map((/** @type {string} */ name) => html`<span class="chip" key=${name}>${name}${write ? html`<button class="plain" aria-label=${t("label.remove", { name })} onClick=${() => keep(person.labels.filter((/** @type {string} */ one) => one !== name))}><${Icon} name="x" /></button>` : ""}</span>`)}
  </p>`;
}

/** @param {any} person @param {Element} anchor */
export const askLabel = (person, anchor) => choose({
  title: t("customer.addLabel"),
  anchor,
  empty: t("label.first"),
  choices: [],
  create: (name) => ({ id: name, label: t("label.new", { name }), icon: "plus", run: () => save(person, { labels: [...person.labels, name] }) }),
});

/** @param {any} person */
export const askAttribute = (person) => lay({ title: t("customer.addAttribute"), body: () => html`<${NewAttribute} person=${person} />` });

/** @param {{person: any}} props */
export function Attributes({ person }) {
  const entries = Object.entries(person.attributes ?? {});
  const write = may("customers:write");
  if (!entries.length) return null;
  return html`<section>
    <h3>${t("customer.attributes")}</h3>
    <dl class="facts">${entries.map(([name, value]) => html`<${Attribute} key=${name} person=${person} name=${name} value=${value} write=${write} />`)}</dl>
  </section>`;
}

/** @param {{person: any, name: string, value: any, write: boolean}} props */
function Attribute({ person, name, value, write }) {
  const [editing, setEditing] = useState(false);
  const plain = typeof value === "object" ? JSON.stringify(value) : String(value);
  /** @param {any} event */
  const keep = (event) => {
    setEditing(false);
    const text = event.target.value;
    if (text !== plain) save(person, { attributes: { [name]: text === "" ? null : text } }).catch(complain);
  };
  return html`<div><dt>${name}</dt><dd>
    ${editing ? html`<input autofocus value=${plain} aria-label=${name} onBlur=${keep} onKeyDown=${(/** @type {any} */ event) => event.key === "Enter" && event.target.blur()} />`
      : write && typeof value !== "object" ? html`<button class="plain link value" onClick=${() => setEditing(true)} aria-label=${t("customer.change", { name })}>${plain}</button>` : plain}
  </dd></div>`;
}

/** @param {{person: any}} props */
function NewAttribute({ person }) {
  /** @param {any} given */
  const submit = async (given) => {
    await save(person, { attributes: { [given.name]: given.value } });
    fold();
  };
  return html`<${Form} submit=${submit} start=${{ name: "", value: "" }}>
    <${Field} name="name" label=${t("customer.attributeName")} required />
    <${Field} name="value" label=${t("customer.attributeValue")} required />
  <//>`;
}
