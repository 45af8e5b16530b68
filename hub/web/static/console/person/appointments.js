// @ts-check
/** The appointments of a customer: what lies ahead first, with the reminders that will be and were sent. */

import { html } from "../../vendor/htm-preact.js";
import { now } from "../session.js";
import { fate } from "../sentences.js";
import { Icon } from "../shell/icon.js";
import { day, shortMoment, t, word } from "../words.js";

/** @type {Record<string, string>} */
const GLYPHS = { planned: "clock", sent: "check", dropped: "x" };

/** @param {{list: any[], reminders: any[]}} props */
export function Appointments({ list, reminders }) {
  if (!list.length) return null;
  return html`<section><h3>${t("customer.appointments")}</h3>${ordered(list).map((one) => html`<${Appointment} key=${one.id} one=${one} reminders=${reminders.filter((each) => each.object.id === one.id)} />`)}</section>`;
}

/** What comes next is first; then what has been, the latest first. @param {any[]} list */
function ordered(list) {
  const at = (/** @type {any} */ one) => (one.starts_at ? Date.parse(one.starts_at) : 0);
  const ahead = list.filter((one) => at(one) >= now.peek()).sort((a, b) => at(a) - at(b));
  return [...ahead, ...list.filter((one) => at(one) < now.peek()).sort((a, b) => at(b) - at(a))];
}

/** @param {{one: any, reminders: any[]}} props */
const Appointment = ({ one, reminders }) => html`<details class="fact">
  <summary><${Icon} name="calendar" /><span class="grow">${one.starts_at ? shortMoment(one.starts_at) : t("appointment.no-time")}<span class="quiet why">${[one.number || one.external_id, one.place].filter(Boolean).join(" · ")}</span></span><span class="badge">${word("appointment-status", one.status)}</span></summary>
  <dl class="facts">
    ${one.ends_at ? html`<div><dt>${t("appointment.ends")}</dt><dd>${shortMoment(one.ends_at)}</dd></div>` : ""}
    ${Object.entries(one.data ?? {}).filter(([, value]) => ["string", "number"].includes(typeof value)).map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${String(value)}</dd></div>`)}
    <div><dt>${t("order.changed")}</dt><dd>${day(one.updated_at)}</dd></div>
  </dl>
  ${reminders.length ? html`<ul class="plain-list">${reminders.map((each) => html`<li key=${each.id} class="item"><${Icon} name=${GLYPHS[each.status]} /><span class="grow">${each.rule.name}<span class="quiet why">${fate(each)}</span></span></li>`)}</ul>` : ""}
</details>`;
