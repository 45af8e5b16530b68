// @ts-check
/** What rules spell in codes as people call it: "Order: status" for `order.status`, "Packed" for `packed`, "2 hours" for `2h`. The code may be typed too. */

import { html } from "../../vendor/htm-preact.js";
import { useId } from "../../vendor/preact-hooks.js";
import { capital, has, span, t, word } from "../words.js";

/** What nobody has a word for is called as rules spell it: `order.data.courier`. @param {string} code */
export function fieldName(code) {
  if (has("field", code)) return capital(t(`field.${code}`));
  const dot = code.indexOf(".");
  const [object, part] = [code.slice(0, Math.max(dot, 0)), code.slice(dot + 1)];
  return has("field-of", object) && has("field", part) ? `${t(`field-of.${object}`)}: ${t(`field.${part}`)}` : code;
}

const ORDERS = ["confirmed", "packed", "shipped", "out_for_delivery", "delivered", "delayed", "cancelled"];
const APPOINTMENTS = ["booked", "confirmed", "move-requested", "cancel-requested", "cancelled", "completed", "missed"];
const CHANNELS = ["email", "telegram", "sms", "webchat"];
/** Fields whose values have words: the family, and its codes. @type {Record<string, [string, string[]]>} */
const VALUES = {
  "order.status": ["order", ORDERS],
  "order.previous_status": ["order", ORDERS],
  "appointment.status": ["appointment-status", APPOINTMENTS],
  "appointment.previous_status": ["appointment-status", APPOINTMENTS],
  "conversation.status": ["status", ["open", "pending", "snoozed", "closed"]],
  "conversation.close_reason": ["close", ["solved", "duplicate", "no-answer", "spam"]],
  "conversation.channels": ["channel", CHANNELS],
  "message.channel": ["channel", CHANNELS],
};

/** The values a field has words for. @param {string} field */
export const valuesOf = (field) => VALUES[field]?.[1] ?? [];

/** What a value of a field is called; any other is what it is. @param {string} field @param {unknown} value */
export const valueName = (field, value) => (VALUES[field]?.[1].includes(String(value)) ? word(VALUES[field][0], String(value)) : String(value ?? ""));

const SPANS = ["10m", "30m", "1h", "2h", "4h", "1d", "2d", "3d", "1w"];
const plain = (/** @type {string} */ text) => text.trim().replace(/\s+/g, " ").toLowerCase();

/** `5h` for "5 hours"; what is no such words is taken for the code. @param {string} typed */
function spelled(typed) {
  const amount = /^\d+/.exec(typed.trim())?.[0];
  return ["s", "m", "h", "d", "w"].map((unit) => `${amount}${unit}`).find((one) => plain(span(one)) === plain(typed)) ?? typed.trim();
}

/**
 * One of these codes by its name, or any other as rules spell it. meant: the code for what was typed.
 * @typedef {{label: string, codes: string[], value: string, set: (code: string) => void, called?: (code: string) => string, meant?: (typed: string) => string, id?: string, required?: boolean, title?: string, hint?: string}} Box
 * @param {Box} props
 */
export function FieldBox({ id, label, codes, value, set, called = fieldName, meant, required = false, title = value, hint }) {
  const list = useId();
  const code = meant ?? ((typed) => codes.find((one) => called(one) === typed.trim()) ?? typed.trim());
  return html`<input id=${id} list=${codes.length ? list : undefined} aria-label=${id ? undefined : label} aria-describedby=${hint} required=${required} title=${title} value=${called(value)} onChange=${(/** @type {any} */ event) => set(code(event.target.value))} />
    ${codes.length ? html`<datalist id=${list}>${codes.map((one) => html`<option key=${one} value=${called(one)}></option>`)}</datalist>` : ""}`;
}

/** How long: "2 hours" or `2h`. @param {Omit<Box, "codes">} props */
export const SpanBox = (props) => html`<${FieldBox} ...${props} codes=${SPANS} called=${span} meant=${spelled} />`;
