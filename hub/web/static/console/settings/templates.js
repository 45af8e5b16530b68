// @ts-check
/** What is sent by name: the texts this release brings, and the company's own words. */

import { html } from "../../vendor/htm-preact.js";
import { all, call } from "../api.js";
import { address, go, place } from "../route.js";
import { may } from "../session.js";
import { Icon } from "../shell/icon.js";
import { fold, lay } from "../shell/sheet.js";
import { language, t, word } from "../words.js";
import { Field, Form } from "./form.js";
import { Title, useList } from "./parts.js";
import { fieldName } from "./rule-fields.js";
import { TemplateEditor } from "./template-editor.js";

export function Templates() {
  const name = place.value.sub;
  return name ? html`<${TemplateEditor} key=${name} name=${name} />` : html`<${List} />`;
}

function List() {
  const [list] = useList(() => all("/templates"));
  const add = may("rules:admin") ? t("templates.add") : "";
  return html`
    <${Title} title=${t("settings.templates")} hint=${t("templates.hint")} add=${add} onAdd=${() => lay({ title: t("templates.add"), body: New })} />
    <ul class="plain-list cards">${(list ?? []).map((one) => html`<li key=${one.name}><a class="card-row" href=${address("settings", "templates", one.name)}>
      <${Icon} name="file-text" /><span class="grow"><strong>${titleOf(one)}</strong><span class="quiet one-line">${saying(one)}</span></span>
      ${one.origin === "shipped" ? "" : html`<span class="badge">${word("origin", one.origin)}</span>`}
      <span class="quiet nowrap">${Object.keys(one.locales).join(", ")}</span><${Icon} name="chevron-right" />
    </a></li>`)}</ul>
  `;
}

/** Shipped ones have a name in the reader's language. @param {any} one */
export const titleOf = (one) => (one.origin === "own" ? one.name : word("template", one.name));

/** Its words in the reader's language, as far as they fit. @param {any} one */
function saying(one) {
  if (one.cases) return t("templates.chooses", { field: fieldName(one.cases.field) });
  const words = one.locales[language] ?? Object.values(one.locales)[0];
  return words.text.replace(/\{%.*?%\}/gs, "").replace(/\{\{\s*([\w.]+).*?\}\}/g, (_, /** @type {string} */ field) => (fieldName(field) === field ? "…" : `‹${fieldName(field)}›`));
}

export const ABOUT = ["customer", "conversation", "message", "order", "appointment", "event"];
export const PURPOSES = ["service", "reminder", "marketing", "survey"];

function New() {
  /** @param {any} given */
  const submit = async ({ name, about, purpose, text }) => {
    await call("POST", "/templates", { name, about, purpose, locales: { [language]: { text } } });
    fold();
    go("settings", "templates", name);
  };
  return html`<${Form} submit=${submit} start=${{ name: "", about: "customer", purpose: "service", text: "" }} label=${t("templates.create")}>
    <${Field} name="name" label=${t("templates.name")} hint=${t("templates.nameHint")} required pattern="[a-z][a-z0-9\\-]*" maxlength="80" />
    <${Field} name="about" label=${t("templates.about")} hint=${t("templates.aboutHint")} options=${ABOUT.map((one) => [one, word("about", one)])} />
    <${Field} name="purpose" label=${t("templates.purpose")} options=${PURPOSES.map((one) => [one, word("purpose", one)])} />
    <${Field} name="text" label=${t("templates.text")} long required />
  <//>`;
}
