// @ts-check
/** The appointments of a day, in the order of their times; by number those of any day. */

import { html } from "../../vendor/htm-preact.js";
import { useState } from "../../vendor/preact-hooks.js";
import { now } from "../session.js";
import { Icon } from "../shell/icon.js";
import { shortMoment, t, word } from "../words.js";
import { ByNumber, ByStatus, More, useList, Whose } from "./pushed.js";

const STATUSES = ["booked", "confirmed", "move-requested", "cancel-requested", "cancelled", "completed", "missed"];

/** A year being typed may have six digits: no day that a request can name. */
const DAY = /^\d{4}-\d\d-\d\d$/;

/** A day as a date field spells it, on the reader's clock. @param {Date} day */
const spelled = (day) => [day.getFullYear(), String(day.getMonth() + 1).padStart(2, "0"), String(day.getDate()).padStart(2, "0")].join("-");

/** The midnight that begins the day, or one so many days later. @param {string} day @param {number} [later] */
function midnight(day, later = 0) {
  const start = new Date(`${day}T00:00:00`);
  start.setDate(start.getDate() + later);
  return start;
}

export function Appointments() {
  const today = spelled(new Date(now.value));
  const [day, setDay] = useState(today);
  const [status, setStatus] = useState("");
  const [number, setNumber] = useState("");
  const anyDay = number.trim() !== "";
  const span = anyDay ? {} : { since: midnight(day).toISOString(), until: midnight(day, 1).toISOString(), sort: "starts_at" };
  const { list, more } = useList("/appointments", "appointment.", { status, q: number.trim(), ...span });
  const turn = (/** @type {number} */ days) => setDay(spelled(midnight(day, days)));
  return html`<main class="page">
    <header class="page-head"><h1>${t("nav.appointments")}</h1>
      <${ByNumber} value=${number} set=${setNumber} />
      ${anyDay ? "" : html`<div class="day-choice" role="group" aria-label=${t("appointments.day")}>
        <button class="icon-button" aria-label=${t("appointments.before")} onClick=${() => turn(-1)}><${Icon} name="arrow-left" /></button>
        <input type="date" aria-label=${t("appointments.day")} value=${day} onChange=${(/** @type {any} */ event) => DAY.test(event.target.value) && setDay(event.target.value)} />
        <button class="icon-button" aria-label=${t("appointments.after")} onClick=${() => turn(1)}><${Icon} name="chevron-right" /></button>
        <button disabled=${day === today} onClick=${() => setDay(today)}>${t("appointments.today")}</button>
      </div>`}
      <${ByStatus} value=${status} set=${setStatus} statuses=${STATUSES} words="appointment-status" /></header>
    ${list && !list.length ? html`<p class="hint">${t(anyDay || status ? "orders.nothing" : day === today ? "appointments.noneToday" : "appointments.none")}</p>` : ""}
    <div class="table-frame" tabindex="0" role="group" aria-label=${t("nav.appointments")}><table>
      <thead><tr><th>${t("appointments.starts")}</th><th>${t("customer.label")}</th><th>${t("orders.number")}</th><th class="less">${t("appointments.place")}</th><th>${t("orders.status")}</th></tr></thead>
      <tbody>${(list ?? []).map((one) => html`<tr key=${one.id}>
        <td class="moment">${one.starts_at ? shortMoment(one.starts_at) : t("appointment.no-time")}</td>
        <td><${Whose} id=${one.customer_id} /></td>
        <td>${one.number || one.external_id} <span class="quiet">${one.system}</span></td>
        <td class="less">${one.place}</td>
        <td><span class="badge">${word("appointment-status", one.status)}</span></td></tr>`)}</tbody>
    </table>
    <${More} more=${more} /></div>
  </main>`;
}
