// @ts-check
/** The fields of rules as people call them: "Order: status" for `order.status`, which may be typed too. */

import { html } from "../../vendor/htm-preact.js";
import { capital, has, t } from "../words.js";

/** What nobody has a word for is called as rules spell it: `order.data.courier`. @param {string} code */
export function fieldName(code) {
  if (has("field", code)) return capital(t(`field.${code}`));
  const dot = code.indexOf(".");
  const [object, part] = [code.slice(0, Math.max(dot, 0)), code.slice(dot + 1)];
  return has("field-of", object) && has("field", part) ? `${t(`field-of.${object}`)}: ${t(`field.${part}`)}` : code;
}

/** One of these fields, or any other as rules spell it. @param {{id: string, label: string, codes: string[], value: string, set: (code: string) => void, called?: (code: string) => string}} props */
export function FieldBox({ id, label, codes, value, set, called = fieldName }) {
  const meant = (/** @type {string} */ typed) => codes.find((one) => called(one) === typed) ?? typed.trim();
  return html`<input list=${id} aria-label=${label} title=${value} value=${called(value)} onChange=${(/** @type {any} */ event) => set(meant(event.target.value))} />
    <datalist id=${id}>${codes.map((one) => html`<option key=${one} value=${called(one)}></option>`)}</datalist>`;
}
