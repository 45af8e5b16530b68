// @ts-check
/** What shops and ERP systems have pushed: newest first, by status, time and number, each with its customer. */

import { html } from "../../vendor/htm-preact.js";
import { useState } from "../../vendor/preact-hooks.js";
import { now } from "../session.js";
import { ago, money, t, word } from "../words.js";
import { ByNumber, ByStatus, More, useList, Whose } from "./pushed.js";

const STATUSES = ["confirmed", "packed", "shipped", "out_for_delivery", "delivered", "delayed", "cancelled"];
const DAYS = ["1", "7", "30"];

/** Midnight that many days ago, today counted. @param {string} days */
function since(days) {
  const start = new Date(now.peek());
  start.setHours(0, 0, 0, 0);
  start.setDate(start.getDate() + 1 - Number(days));
  return start.toISOString();
}

export function Orders() {
  const [status, setStatus] = useState("");
  const [days, setDays] = useState("");
  const [number, setNumber] = useState("");
  const { list, more } = useList("/orders", "order.", { status, q: number.trim(), made_since: days ? since(days) : "" });
  const any = status || days || number.trim();
  return html`<main class="page">
    <header class="page-head"><h1>${t("nav.orders")}</h1>
      <${ByNumber} value=${number} set=${setNumber} />
      <select aria-label=${t("orders.made")} value=${days} onChange=${(/** @type {any} */ event) => setDays(event.target.value)}>
        <option value="">${t("orders.anyTime")}</option>${DAYS.map((one) => html`<option value=${one}>${t(`orders.days.${one}`)}</option>`)}
      </select>
      <${ByStatus} value=${status} set=${setStatus} statuses=${STATUSES} words="order" /></header>
    ${list && !list.length ? html`<p class="hint">${t(any ? "orders.nothing" : "orders.none")}</p>` : ""}
    <div class="table-frame" tabindex="0" role="group" aria-label=${t("nav.orders")}><table>
      <thead><tr><th>${t("orders.number")}</th><th>${t("customer.label")}</th><th>${t("orders.status")}</th><th class="right">${t("order.total")}</th><th class="right less">${t("orders.made")}</th></tr></thead>
      <tbody>${(list ?? []).map((one) => html`<tr key=${one.id}>
        <td><span class="nowrap">${one.number || one.external_id}</span> <span class="quiet">${one.system}</span></td>
        <td><${Whose} id=${one.customer_id} /></td>
        <td><span class="badge">${word("order", one.status)}</span></td>
        <td class="right">${one.total ? money(one.total, one.currency) : ""}</td>
        <td class="right quiet less">${ago(one.created_at, now.value)}</td></tr>`)}</tbody>
    </table>
    <${More} more=${more} /></div>
  </main>`;
}
