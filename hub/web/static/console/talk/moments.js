// @ts-check
/** Times as people name them: later today, tomorrow morning, Monday; for snoozing and for sending later. */

import { html } from "../../vendor/htm-preact.js";
import { useState } from "../../vendor/preact-hooks.js";
import { fold } from "../shell/sheet.js";
import { complain } from "../trouble.js";
import { shortMoment, t } from "../words.js";

const MORNING = 9;
const EVENING = 18;

/** @param {Date} from @param {number} days @param {number} hour */
const at = (from, days, hour) => new Date(from.getFullYear(), from.getMonth(), from.getDate() + days, hour);

/** @param {Date} [from] @returns {{id: string, at: Date}[]} only those that are still to come, the soonest first */
export function moments(from = new Date()) {
  const hour = new Date(from);
  hour.setHours(from.getHours() + 1, Math.ceil(from.getMinutes() / 5) * 5, 0, 0);
  const threeHours = new Date(hour.getTime() + 2 * 3600000);
  const toMonday = (8 - from.getDay()) % 7 || 7;
  const choices = [
    { id: "hour", at: hour },
    ...(threeHours.getHours() > from.getHours() ? [{ id: "threeHours", at: threeHours }] : []),
    ...(from.getHours() < EVENING - 1 ? [{ id: "evening", at: at(from, 0, EVENING) }] : []),
    { id: "tomorrow", at: at(from, 1, MORNING) },
    { id: "monday", at: at(from, toMonday, MORNING) },
    { id: "week", at: at(from, 7, MORNING) },
  ];
  const sorted = choices.sort((a, b) => a.at.getTime() - b.at.getTime());
  return sorted.filter((one, index) => one.at.getTime() !== sorted[index - 1]?.at.getTime());
}

/** A date and time of one's own. @param {{done: (at: Date) => unknown, label: string}} props */
export function PickMoment({ done, label }) {
  const [value, setValue] = useState(local(at(new Date(), 1, MORNING)));
  const moment = new Date(value);
  const good = moment.getTime() > Date.now();
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    if (!good) return;
    fold();
    Promise.resolve(done(moment)).catch(complain);
  };
  return html`<form class="form" onSubmit=${submit}>
    <label for="moment">${t("moment.when")}</label>
    <input id="moment" type="datetime-local" required value=${value} min=${local(new Date())} onInput=${(/** @type {any} */ event) => setValue(event.target.value)} />
    <p class="quiet">${good ? shortMoment(moment) : t("moment.past")}</p>
    <div class="actions"><button class="main" disabled=${!good}>${label}</button></div>
  </form>`;
}

/** What an input of a date and time holds. @param {Date} date */
const local = (date) => new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
