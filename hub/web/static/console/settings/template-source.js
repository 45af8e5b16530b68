// @ts-check
/** A text with fields: after `{{` the fields are offered, after `|` what can be done with one. */

import { html } from "../../vendor/htm-preact.js";
import { useRef, useState } from "../../vendor/preact-hooks.js";
import { t } from "../words.js";

const FIELD = /\{[{%][^}]*?([\w.]*)$/;
const FILTER = /\{\{[^}]*\|\s*(\w*)$/;
const LOOP = /\{%-?\s*for\s+(\w+)\s+in\s+([\w.]+)/g;
const FILTERS = ["capitalize", "date", "datetime", "day", "default('')", "join(', ')", "length", "lower", "money(order.currency)", "number", "plural('', '')", "time", "title", "upper"];
const MOST = 8;
let made = 0;

/** What fits where the caret is. @param {string} before @param {any[]} fields @returns {{word: string, offers: string[]}} */
export function offered(before, fields) {
  const filter = FILTER.exec(before);
  if (filter) return { word: filter[1], offers: FILTERS.filter((one) => one.startsWith(filter[1])).slice(0, MOST) };
  const field = FIELD.exec(before);
  if (!field) return { word: "", offers: [] };
  const paths = [...fields.map((one) => one.path).filter((one) => !one.includes("[]")), ...ofLoops(before, fields)];
  const fits = [...paths.filter((one) => one.startsWith(field[1])), ...paths.filter((one) => !one.startsWith(field[1]) && one.includes(field[1]))];
  return { word: field[1], offers: fits.filter((one) => one !== field[1]).slice(0, MOST) };
}

/** What each turn of a loop further up has: `one.name` after `{% for one in order.items %}`. @param {string} before @param {any[]} fields */
function ofLoops(before, fields) {
  return [...before.matchAll(LOOP)].flatMap(([, name, list]) => fields.filter((one) => one.path.startsWith(`${list}[].`)).map((one) => one.path.replace(`${list}[]`, name)));
}

/** @param {{label: string, value: string, fields: any[], writes: boolean, rows: number, change: (value: string) => void, fault?: string, hint?: string, placeholder?: string}} props */
export function Source({ label, value, fields, writes, rows, change, fault = "", hint = "", placeholder = "" }) {
  const box = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const id = useRef(`source-${(made += 1)}`).current;
  const [found, setFound] = useState({ word: "", offers: /** @type {string[]} */ ([]) });
  const [at, setAt] = useState(0);
  const look = () => {
    const area = /** @type {HTMLTextAreaElement} */ (box.current);
    setFound(offered(area.value.slice(0, area.selectionStart), fields));
    setAt(0);
  };
  /** @param {string} offer */
  const take = (offer) => {
    const area = /** @type {HTMLTextAreaElement} */ (box.current);
    const caret = area.selectionStart;
    area.setRangeText(offer, caret - found.word.length, caret, "end");
    change(area.value);
    setFound({ word: "", offers: [] });
    area.focus();
  };
  /** @param {KeyboardEvent} event */
  const pressed = (event) => {
    if (!found.offers.length) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt((at + step + found.offers.length) % found.offers.length);
    else if (event.key === "Enter" || event.key === "Tab") take(found.offers[at]);
    else if (event.key === "Escape") setFound({ word: "", offers: [] });
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const open = found.offers.length > 0;
  return html`<div class="field source">
    <label for=${id}>${label}</label>
    <textarea id=${id} ref=${box} rows=${rows} value=${value} placeholder=${placeholder} readonly=${!writes} spellcheck="true"
      aria-controls=${`${id}-offers`} aria-autocomplete="list" aria-activedescendant=${open ? `${id}-offer-${at}` : undefined}
      aria-invalid=${fault ? "true" : undefined} aria-describedby=${fault || hint ? `${id}-hint` : undefined}
      onInput=${(/** @type {any} */ event) => (change(event.target.value), look())} onKeyDown=${pressed} onBlur=${() => setFound({ word: "", offers: [] })}></textarea>
    <ul id=${`${id}-offers`} class="source-offers plain-list" role="listbox" aria-label=${t("templates.fields")} hidden=${!open}>${found.offers.map((one, number) => html`<li key=${one} id=${`${id}-offer-${number}`} role="option" aria-selected=${number === at} onMouseDown=${(/** @type {Event} */ event) => (event.preventDefault(), take(one))}><code>${one}</code></li>`)}</ul>
    ${fault || hint ? html`<p id=${`${id}-hint`} class=${fault ? "fault" : "quiet"}>${fault || hint}</p>` : ""}
  </div>`;
}
