// @ts-check
/** What the lists of orders and of appointments have in common: reading by pages, whose each is, the way to the customer. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useRef, useState } from "../../vendor/preact-hooks.js";
import { call, query } from "../api.js";
import { on } from "../live.js";
import { address } from "../route.js";
import { complain } from "../trouble.js";
import { t } from "../words.js";
import { nameOf, nameThem } from "./names.js";
import { openCustomer } from "./open-customer.js";

const WAIT = 250;
/** Many events at once are one question. */
const GATHERED_MS = 400;
const PAGE = 50;
const MOST_AT_ONCE = 200;
let hear = (/** @type {string} */ _type) => {};
for (const kind of ["order.", "appointment."]) on(kind, () => hear(kind));

/** What is on screen of a list. turn: of the filter it belongs to; done: when all that was asked for is read. @typedef {{turn: number, items: any[], next: string | null, done: Promise<unknown>}} Standing */

/** As many items anew as there were, or a page more of them; null: the filter has changed meanwhile.
 * @param {(values: {limit: number, cursor: string | null}) => Promise<any>} ask @param {Standing} standing @param {boolean} more */
async function grown(ask, standing, more) {
  const { turn } = standing;
  let [items, next] = more ? [standing.items, standing.next] : [[], null];
  const wish = more ? items.length + PAGE : Math.max(standing.items.length, PAGE);
  do {
    const page = await ask({ limit: Math.min(wish - items.length, MOST_AT_ONCE), cursor: next });
    if (standing.turn !== turn) return null;
    items = [...items, ...page.items];
    next = page.next;
  } while (next && items.length < wish);
  return { items, next };
}

/** The list of `path` that `asked` describes, read anew when something of the kind happens.
 * @param {string} path @param {string} kind of event: "order." @param {Record<string, any>} asked */
export function useList(path, kind, asked) {
  const [list, setList] = useState(/** @type {any[] | null} */ (null));
  const [next, setNext] = useState(/** @type {string | null} */ (null));
  const { current: standing } = useRef(/** @type {Standing} */ ({ turn: 0, items: [], next: null, done: Promise.resolve() }));
  const wanted = JSON.stringify(asked);
  /** One after the other: a page more never goes on from what an event has just replaced. @param {boolean} more */
  const load = (more) => {
    const { turn } = standing;
    const read = async () => {
      if (standing.turn !== turn || (more && !standing.next)) return;
      const found = await grown((values) => call("GET", `${path}${query({ ...asked, ...values })}`), standing, more);
      if (!found) return;
      Object.assign(standing, found);
      setList(found.items);
      setNext(found.next);
      nameThem(found.items.map((/** @type {any} */ one) => one.customer_id)).catch(complain);
    };
    standing.done = standing.done.then(read).catch(complain);
  };
  useEffect(() => {
    let gathering = 0;
    Object.assign(standing, { items: [], next: null, done: Promise.resolve() });
    setNext(null);
    const timer = setTimeout(() => load(false), list ? WAIT : 0);
    const again = () => {
      gathering = 0;
      load(false);
    };
    hear = (type) => void (type === kind && (gathering ||= setTimeout(again, GATHERED_MS)));
    return () => {
      standing.turn += 1;
      clearTimeout(timer);
      clearTimeout(gathering);
      hear = () => {};
    };
  }, [wanted]);
  return { list, more: next ? () => load(true) : null };
}

/** @param {{id: string}} props */
export const Whose = ({ id }) => html`<a href=${address("customers", id)} onClick=${(/** @type {Event} */ event) => { event.preventDefault(); openCustomer(id).catch(complain); }}>${nameOf(id)}</a>`;

/** @param {{value: string, set: (text: string) => void}} props */
export const ByNumber = ({ value, set }) => html`<input type="search" aria-label=${t("orders.find")} placeholder=${t("orders.find")} value=${value} onInput=${(/** @type {any} */ event) => set(event.target.value)} />`;

/** @param {{value: string, set: (status: string) => void, statuses: string[], words: string}} props */
export const ByStatus = ({ value, set, statuses, words }) => html`<select aria-label=${t("orders.status")} value=${value} onChange=${(/** @type {any} */ event) => set(event.target.value)}>
  <option value="">${t("orders.every")}</option>${statuses.map((one) => html`<option value=${one}>${t(`${words}.${one}`)}</option>`)}
</select>`;

/** @param {{more: (() => void) | null}} props */
export const More = ({ more }) => (more ? html`<p class="hint"><button onClick=${more}>${t("list.more")}</button></p>` : "");
