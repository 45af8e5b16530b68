// @ts-check
/** What shops and ERP systems have pushed: newest first, by status, each with its customer. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call, query } from "../api.js";
import { on } from "../live.js";
import { address } from "../route.js";
import { now } from "../session.js";
import { complain } from "../trouble.js";
import { ago, money, t, word } from "../words.js";
import { nameOf, nameThem } from "./names.js";
import { openCustomer } from "./open-customer.js";

const STATUSES = ["confirmed", "packed", "shipped", "out_for_delivery", "delivered", "delayed", "cancelled"];
let hear = () => {};
on("order.", () => hear());

export function Orders() {
  const [status, setStatus] = useState("");
  const [list, setList] = useState(/** @type {any[] | null} */ (null));
  const [next, setNext] = useState(/** @type {string | null} */ (null));
  /** @param {string | null} cursor */
  const load = async (cursor) => {
    const page = await call("GET", `/orders${query({ status, limit: 50, cursor })}`);
    setList((before) => (cursor ? [...(before ?? []), ...page.items] : page.items));
    setNext(page.next);
    nameThem(page.items.map((/** @type {any} */ one) => one.customer_id)).catch(complain);
  };
  useEffect(() => {
    load(null).catch(complain);
    hear = () => void load(null).catch(complain);
    return () => void (hear = () => {});
  }, [status]);
  return html`<main class="page">
    <header class="page-head"><h1>${t("nav.orders")}</h1>
      <select aria-label=${t("orders.status")} value=${status} onChange=${(/** @type {any} */ event) => setStatus(event.target.value)}>
        <option value="">${t("orders.every")}</option>${STATUSES.map((one) => html`<option value=${one}>${t(`order.${one}`)}</option>`)}
      </select></header>
    ${list && !list.length ? html`<p class="hint">${t("orders.none")}</p>` : ""}
    <div class="table-frame" tabindex="0" role="group" aria-label=${t("nav.orders")}><table>
      <thead><tr><th>${t("orders.number")}</th><th>${t("customer.label")}</th><th>${t("orders.status")}</th><th class="right">${t("order.total")}</th><th class="right less">${t("order.changed")}</th></tr></thead>
      <tbody>${(list ?? []).map((one) => html`<tr key=${one.id}>
        <td>${one.number || one.external_id} <span class="quiet">${one.system}</span></td>
        <td><a href=${address("customers", one.customer_id)} onClick=${(/** @type {Event} */ event) => { event.preventDefault(); openCustomer(one.customer_id).catch(complain); }}>${nameOf(one.customer_id)}</a></td>
        <td><span class="badge">${word("order", one.status)}</span></td>
        <td class="right">${one.total ? money(one.total, one.currency) : ""}</td>
        <td class="right quiet less">${ago(one.updated_at, now.value)}</td></tr>`)}</tbody>
    </table>
    ${next ? html`<p class="hint"><button onClick=${() => load(next).catch(complain)}>${t("list.more")}</button></p>` : ""}</div>
  </main>`;
}
