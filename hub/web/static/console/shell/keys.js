// @ts-check
/** Which key does what: the table behind the keyboard, the sheet of `?` and the palette. */

import { lay } from "./sheet.js";
import { html } from "../../vendor/htm-preact.js";
import { t } from "../words.js";
import { actions } from "./actions.js";
import { question } from "./picker.js";
import { sheet } from "./sheet.js";

const WRITING = "textarea, input:not([type=checkbox], [type=radio], [type=button]), select, [contenteditable]";
let sequence = "";
let forgetting = 0;

/** @param {KeyboardEvent} event @returns {string} "Ctrl+k", "j", "?" */
function named(event) {
  const name = event.key.length === 1 ? latin(event) : event.key;
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${name}`;
}

/** The letter that a Latin keyboard has in this place: shortcuts work in a Cyrillic layout as well. @param {KeyboardEvent} event */
function latin(event) {
  const letter = /^Key([A-Z])$/.exec(event.code);
  return letter && !/[a-z]/i.test(event.key) ? letter[1].toLowerCase() : event.key.toLowerCase();
}

/** @param {KeyboardEvent} event */
export function pressed(event) {
  if (event.defaultPrevented || question.value || sheet.value || event.isComposing) return;
  const target = /** @type {HTMLElement} */ (event.target);
  const key = named(event);
  const writing = target.matches(WRITING);
  if (writing && key === "Escape") return target.blur();
  if (writing && !key.startsWith("Ctrl+")) return undefined;
  const wanted = `${sequence}${sequence ? " " : ""}${key}`;
  const usable = actions().filter((one) => one.keys && (!writing || one.whileWriting));
  const action = usable.find((one) => one.keys === wanted) ?? usable.find((one) => one.keys === key);
  const begins = usable.some((one) => one.keys?.startsWith(`${key} `));
  clearTimeout(forgetting);
  sequence = !action && begins ? key : "";
  forgetting = setTimeout(() => (sequence = ""), 1200);
  if (!action) return undefined;
  event.preventDefault();
  return action.run();
}

export const help = () => lay({ title: t("help.title"), body: Help });

function Help() {
  const groups = [...new Set(actions(true).filter((one) => one.keys).map((one) => one.group))];
  return html`<div class="help">${groups.map((group) => html`
    <section>
      <h3>${t(`keys.${group}`)}</h3>
      <dl>${actions(true).filter((one) => one.group === group && one.keys).map((one) => html`
        <div><dt>${one.label}</dt><dd>${spelled(one.keys ?? "").map((key) => html`<kbd>${key}</kbd> `)}</dd></div>
      `)}</dl>
    </section>
  `)}</div>`;
}

/** "Ctrl+k" as it is printed on keys. @param {string} keys */
export const spelled = (keys) => keys.split(" ").map((key) => key.replace("Escape", "Esc").replace(/\+(.)$/, (_, last) => ` ${last.toUpperCase()}`).replace(/\+/g, " "));
