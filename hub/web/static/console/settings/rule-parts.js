// @ts-check
/** The smallest parts of the builder's forms, and what sending and asking have in common: the message. */

import { html } from "../../vendor/htm-preact.js";
import { inboxes } from "../session.js";
import { Icon } from "../shell/icon.js";
import { t, word } from "../words.js";
import { SpanBox } from "./rule-fields.js";

const PURPOSES = ["service", "reminder", "marketing", "survey"];

/** Without what is not said. @param {any} given */
export const said = (given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== "" && value !== undefined));

/** @param {{label: string, value: string, set: (value: string) => void, options: string[][]}} props */
export const PickOne = ({ label, value, set, options }) => html`<label class="rule-part">${label}<select value=${value} onChange=${(/** @type {any} */ event) => set(event.target.value)}>${options.map(([code, name]) => html`<option value=${code} selected=${code === value}>${name}</option>`)}</select></label>`;

/** @param {{label: string, value: string, set: (value: string) => void, list?: string}} props */
export const Short = ({ label, value, set, list }) => html`<label class="rule-part">${label}<input value=${value} list=${list} onChange=${(/** @type {any} */ event) => set(event.target.value)} /></label>`;

/** How long. @param {{label: string, value: string, set: (value: string) => void}} props */
export const Span = (props) => html`<label class="rule-part">${props.label}<${SpanBox} ...${props} /></label>`;

/** @param {{label: string, value: string, set: (value: string) => void}} props */
export const Long = ({ label, value, set }) => html`<label class="rule-part long">${label}<textarea rows="3" value=${value} onInput=${(/** @type {any} */ event) => set(event.target.value)}></textarea></label>`;

/** @param {{what: string, run: () => void}} props */
const Remove = ({ what, run }) => html`<button type="button" class="icon-button" onClick=${run} aria-label=${what} title=${what}><${Icon} name="x" /></button>`;

/** @param {{label: string, run: () => void}} props */
const Add = ({ label, run }) => html`<p class="rule-add rule-part long"><button type="button" class="plain link" onClick=${run}><${Icon} name="plus" />${label}</button></p>`;

/**
 * The words of a message and the ways it goes; `sends`: with buttons and an invitation of its own.
 * @param {{value: any, set: (value: any) => void, known: any, sends?: boolean}} props
 */
export function MessageForm({ value, set, known, sends = false }) {
  const own = value.template === undefined;
  const { template: _template, text: _text, ...rest } = value;
  const channels = [...new Set(inboxes.value.map((one) => one.channel))].map((one) => [one, word("channel", one)]);
  return html`
    <${PickOne} label=${t("builder.says")} value=${own ? "" : value.template} set=${(/** @type {string} */ name) => set(name ? { ...rest, template: name } : { ...rest, text: "" })} options=${[["", t("builder.ownText")], ...[...new Set([...known.templates, ...(own ? [] : [value.template])])].map((name) => [name, word("template", name)])]} />
    <${PickOne} label=${t("builder.purpose")} value=${value.purpose ?? ""} set=${(/** @type {string} */ purpose) => set(said({ ...value, purpose: purpose || undefined }))} options=${[["", t("builder.asTemplate")], ...PURPOSES.map((one) => [one, t(`purpose.${one}`)])]} />
    <${PickOne} label=${t("builder.channel")} value=${value.channel ?? ""} set=${(/** @type {string} */ channel) => set(said({ ...value, channel: channel || undefined }))} options=${[["", t("composer.auto")], ...withNow(channels, value.channel)]} />
    ${own ? html`<${Long} label=${t("builder.text")} value=${value.text ?? ""} set=${(/** @type {string} */ text) => set({ ...rest, text })} />` : ""}
    <${Rows} rows=${value.fallback ?? []} add=${t("builder.addFallback")} most=${5} fresh=${{ channel: channels[0]?.[0] ?? "email", after: "10m" }} set=${(/** @type {any[]} */ fallback) => set(listed(value, "fallback", fallback))}
      row=${(/** @type {any} */ one, /** @type {(next: any) => void} */ put) => html`<${PickOne} label=${t("builder.fallback")} value=${one.channel} set=${(/** @type {string} */ channel) => put({ ...one, channel })} options=${withNow(channels, one.channel)} />
        <${Span} label=${t("builder.fallbackAfter")} value=${one.after} set=${(/** @type {string} */ after) => put({ ...one, after })} />`} />
    ${sends ? html`<${Rows} rows=${value.buttons ?? []} add=${t("builder.addButton")} most=${20} fresh=${{ label: "", value: "" }} set=${(/** @type {any[]} */ buttons) => set(listed(value, "buttons", buttons))}
        row=${(/** @type {any} */ one, /** @type {(next: any) => void} */ put) => html`<${Short} label=${t("builder.button")} value=${one.label} set=${(/** @type {string} */ label) => put({ ...one, label })} />
          <${Short} label=${t("builder.buttonValue")} value=${one.value} set=${(/** @type {string} */ next) => put({ ...one, value: next })} />`} />
      <${Calendar} value=${value} set=${set} />` : ""}`;
}

/** The title in the reader's calendar, none, or the template's. @param {{value: any, set: (value: any) => void}} props */
function Calendar({ value, set }) {
  const how = value.calendar === undefined ? "template" : value.calendar === false ? "none" : "title";
  /** @type {Record<string, any>} */
  const fresh = { template: undefined, none: false, title: t("object.appointment") };
  return html`<${PickOne} label=${t("builder.calendar")} value=${how} set=${(/** @type {string} */ next) => set(said({ ...value, calendar: fresh[next] }))} options=${[["template", t("builder.asTemplate")], ["none", t("builder.noCalendar")], ["title", t("builder.calendarTitle")]]} />
    ${how === "title" ? html`<${Short} label=${t("builder.calendarTitle")} value=${value.calendar} set=${(/** @type {string} */ calendar) => set({ ...value, calendar })} />` : ""}`;
}

/** What is chosen is among the choices, also when no inbox of it is there. @param {string[][]} options @param {string | undefined} now */
const withNow = (options, now) => (now && !options.some(([code]) => code === now) ? [...options, [now, word("channel", now)]] : options);

/** An empty list is not said. @param {any} value @param {string} name @param {any[]} list */
const listed = (value, name, list) => said({ ...value, [name]: list.length ? list : undefined });

/** @param {{rows: any[], set: (rows: any[]) => void, row: (one: any, put: (next: any) => void) => any, add: string, most: number, fresh: any}} props */
const Rows = ({ rows, set, row, add, most, fresh }) => html`
  ${rows.map((one, index) => html`<div class="rule-row rule-part long" key=${index}><div class="rule-parts">${row(one, (next) => set(rows.with(index, next)))}</div><${Remove} what=${t("builder.removeAction")} run=${() => set(rows.filter((_, at) => at !== index))} /></div>`)}
  ${rows.length < most ? html`<${Add} label=${add} run=${() => set([...rows, fresh])} />` : ""}`;

/**
 * Names with values; what holds more than a text, a number or a yes is kept as it is.
 * @param {{label: string, value: Record<string, any>, set: (value: Record<string, any>) => void, list?: string}} props
 */
export function Pairs({ label, value, set, list }) {
  const rows = Object.entries(value);
  const put = (/** @type {any[][]} */ next) => set(Object.fromEntries(next));
  return html`<div class="rule-parts">${rows.map(([name, one], index) => html`<div class="rule-row rule-part long" key=${index}><div class="rule-parts">
      <${Short} label=${label} list=${list} value=${name} set=${(/** @type {string} */ next) => put(rows.with(index, [next, one]))} />
      ${one !== null && typeof one === "object" ? html`<pre class="code rule-part" tabindex="0">${JSON.stringify(one)}</pre>` : html`<${Short} label=${t("condition.value")} value=${String(one)} set=${(/** @type {string} */ text) => put(rows.with(index, [name, scalar(text)]))} />`}
    </div><${Remove} what=${t("builder.removeAction")} run=${() => put(rows.filter((_, at) => at !== index))} /></div>`)}
    <${Add} label=${t("builder.addPair")} run=${() => put([...rows, [rows.some(([name]) => name === "") ? `${rows.length}` : "", ""]])} /></div>`;
}

/** As YAML reads it: a number, true, false or nothing, else a text. @param {string} text */
function scalar(text) {
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (text === "true" || text === "false") return text === "true";
  return text === "null" ? null : text;
}
