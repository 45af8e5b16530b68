// @ts-check
/** What shops and ERP systems have pushed: newest first, by status, each with its customer. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { signal } from "../../vendor/preact-signals.js";
import { call, ifThere, query } from "../api.js";
import { on } from "../live.js";
import { address } from "../route.js";
import { now } from "../session.js";
import { complain } from "../trouble.js";
import { ago, money, t, word } from "../words.js";
import { openCustomer } from "./open-customer.js";

const STATUSES = ["confirmed", "packed", "shipped", "out_for_delivery", "delivered", "delayed", "cancelled"];
let hear = () => {};
on("order.", () => hear());

/** Orders tell whose they are by id: each customer is asked for once. */
const names = signal(/** @type {Record<string, string>} */ ({}));

/** @param {any[]} orders */
async function nameThem(orders) {
  const unknown = [...new Set(orders.map((one) => one.customer_id))].filter((id) => !(id in names.value));
  const found = await Promise.all(unknown.map((id) => ifThere(`/customers/${id}`)));
  names.value = { ...names.value, ...Object.fromEntries(unknown.map((id, at) => [id, found[at]?.name ?? ""])) };
}

export function Orders() {
  const [status, setStatus] = useState("");
  const [list, setList] = useState(/** @type {any[] | null} */ (null));
  const [next, setNext] = useState(/** @type {string | null} */ (null));
  /** @param {string | null} cursor */
  const load = async (cursor) => {
    const page = await call("GET", `/orders${query({ status, limit: 50, cursor })}`);
    setList((before) => (cursor ? [...(before ?? []), ...page.items] : page.items));
    setNext(page.next);
    nameThem(page.items).catch(complain);
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
      <thead><tr><th>${t("orders.number")}</th><th>${t("customer.label")}</th><th>${t("orders.status")}</th><th class="right">${t("order.total")}</th><th class="right">${t("order.changed")}</th></tr></thead>
      <tbody>${(list ?? []).map((one) => html`<tr key=${one.id}>
        <td>${one.number || one.external_id} <span class="quiet">${one.system}</span></td>
        <td><a href=${address("customers", one.customer_id)} onClick=${(/** @type {Event} */ event) => { event.preventDefault(); openCustomer(one.customer_id).catch(complain); }}>${names.value[one.customer_id] || t("customer.unnamed")}</a></td>
        <td><span class="badge">${word("order", one.status)}</span></td>
        <td class="right">${one.total ? money(one.total, one.currency) : ""}</td>
        <td class="right quiet">${ago(one.updated_at, now.value)}</td></tr>`)}</tbody>
    </table>
    ${next ? html`<p class="hint"><button onClick=${() => load(next).catch(complain)}>${t("list.more")}</button></p>` : ""}</div>
  </main>`;
}
