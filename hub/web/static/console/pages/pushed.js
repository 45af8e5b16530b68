// @ts-check
/** What the lists of orders and of appointments have in common: reading by pages, whose each is, the way to the customer. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { signal } from "../../vendor/preact-signals.js";
import { call, ifThere, query } from "../api.js";
import { on } from "../live.js";
import { address } from "../route.js";
import { complain } from "../trouble.js";
import { t } from "../words.js";
import { openCustomer } from "./open-customer.js";

const WAIT = 250;
let hear = (/** @type {string} */ _type) => {};
for (const kind of ["order.", "appointment."]) on(kind, () => hear(kind));

/** Orders and appointments tell whose they are by id: each customer is asked for once. */
const names = signal(/** @type {Record<string, string>} */ ({}));

/** @param {any[]} items */
async function nameThem(items) {
  const unknown = [...new Set(items.map((one) => one.customer_id))].filter((id) => !(id in names.value));
  const found = await Promise.all(unknown.map((id) => ifThere(`/customers/${id}`)));
  names.value = { ...names.value, ...Object.fromEntries(unknown.map((id, at) => [id, found[at]?.name ?? ""])) };
}

/** The list of `path` that `asked` describes, read anew when something of the kind happens.
 * @param {string} path @param {string} kind of event: "order." @param {Record<string, any>} asked */
export function useList(path, kind, asked) {
  const [list, setList] = useState(/** @type {any[] | null} */ (null));
  const [next, setNext] = useState(/** @type {string | null} */ (null));
  const wanted = JSON.stringify(asked);
  /** @param {string | null} cursor @param {() => boolean} [current] */
  const load = async (cursor, current = () => true) => {
    const page = await call("GET", `${path}${query({ ...asked, limit: 50, cursor })}`);
    if (!current()) return;
    setList((before) => (cursor ? [...(before ?? []), ...page.items] : page.items));
    setNext(page.next);
    nameThem(page.items).catch(complain);
  };
  useEffect(() => {
    let current = true;
    const again = () => void load(null, () => current).catch(complain);
    const timer = setTimeout(again, list ? WAIT : 0);
    hear = (type) => type === kind && again();
    return () => {
      current = false;
      clearTimeout(timer);
      hear = () => {};
    };
  }, [wanted]);
  return { list, more: next ? () => load(next).catch(complain) : null };
}

/** @param {{id: string}} props */
export const Whose = ({ id }) => html`<a href=${address("customers", id)} onClick=${(/** @type {Event} */ event) => { event.preventDefault(); openCustomer(id).catch(complain); }}>${names.value[id] || t("customer.unnamed")}</a>`;

/** @param {{value: string, set: (text: string) => void}} props */
export const ByNumber = ({ value, set }) => html`<input type="search" aria-label=${t("orders.find")} placeholder=${t("orders.find")} value=${value} onInput=${(/** @type {any} */ event) => set(event.target.value)} />`;

/** @param {{value: string, set: (status: string) => void, statuses: string[], words: string}} props */
export const ByStatus = ({ value, set, statuses, words }) => html`<select aria-label=${t("orders.status")} value=${value} onChange=${(/** @type {any} */ event) => set(event.target.value)}>
  <option value="">${t("orders.every")}</option>${statuses.map((one) => html`<option value=${one}>${t(`${words}.${one}`)}</option>`)}
</select>`;

/** @param {{more: (() => void) | null}} props */
export const More = ({ more }) => (more ? html`<p class="hint"><button onClick=${more}>${t("list.more")}</button></p>` : "");
