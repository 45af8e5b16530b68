// @ts-check
/** The search box: customers, messages and orders as you type, with filters, walked by the arrow keys. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useRef, useState } from "../../vendor/preact-hooks.js";
import { call, query } from "../api.js";
import { go } from "../route.js";
import { inboxes } from "../session.js";
import { jump } from "../talk/entries.js";
import { complain } from "../trouble.js";
import { bare, called, READABLE } from "../person/address.js";
import { t, when, word } from "../words.js";
import { glyph, Icon } from "./icon.js";
import { fold, lay } from "./sheet.js";
import { openCustomer } from "../pages/open-customer.js";
import { money } from "../words.js";

const KINDS = ["customers", "orders", "conversations", "messages"];

export const search = () => lay({ title: t("search.title"), body: Search });

function Search() {
  const [asked, setAsked] = useState({ q: "", kinds: "", channel: "", from: "", to: "" });
  const [found, setFound] = useState(/** @type {any} */ (null));
  const [at, setAt] = useState(0);
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (!asked.q.trim()) return setFound(null);
    let current = true;
    const wait = setTimeout(() => ask(asked).then((answer) => current && (setFound(answer), setAt(0))).catch(complain), 60);
    return () => {
      current = false;
      clearTimeout(wait);
    };
  }, [asked]);
  useEffect(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }), [at]);
  const results = found ? KINDS.filter((kind) => !asked.kinds || asked.kinds === kind).flatMap((kind) => (found[kind] ?? []).map((/** @type {any} */ one) => ({ kind, one }))) : [];
  /** @param {KeyboardEvent} event */
  const pressed = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt(Math.max(0, Math.min(results.length - 1, at + step)));
    else if (event.key === "Enter" && results[at]) visit(results[at]);
    else return;
    event.preventDefault();
  };
  const channels = [...new Set(inboxes.value.map((one) => one.channel))];
  return html`<div class="search" onKeyDown=${pressed}>
    <input class="search-box" role="combobox" aria-expanded=${found ? "true" : "false"} aria-controls="results" aria-activedescendant=${results[at] ? `result-${at}` : undefined}
      aria-label=${t("search.title")} placeholder=${t("search.hint")} value=${asked.q} autofocus onInput=${(/** @type {any} */ event) => setAsked({ ...asked, q: event.target.value })} />
    <div class="filters">
      <${Select} label=${t("search.kind")} value=${asked.kinds} set=${(/** @type {string} */ kinds) => setAsked({ ...asked, kinds })} options=${KINDS.map((kind) => [kind, t(`search.${kind}`)])} />
      <${Select} label=${t("search.channel")} value=${asked.channel} set=${(/** @type {string} */ channel) => setAsked({ ...asked, channel })} options=${channels.map((channel) => [channel, word("channel", channel)])} />
      <label>${t("search.from")} <input type="date" value=${asked.from} onInput=${(/** @type {any} */ event) => setAsked({ ...asked, from: event.target.value })} /></label>
      <label>${t("search.to")} <input type="date" value=${asked.to} onInput=${(/** @type {any} */ event) => setAsked({ ...asked, to: event.target.value })} /></label>
    </div>
    ${found && !results.length ? html`<p class="hint" role="status">${t("search.nothing")}</p>` : ""}
    <ul id="results" ref=${list} role="listbox" aria-label=${t("search.results")} class="results">
      ${results.map((result, index) => html`
        ${result.kind !== results[index - 1]?.kind ? html`<li class="choice-group" role="presentation" key=${`head-${result.kind}`}>${t(`search.${result.kind}`)}</li>` : ""}
        <li role="option" id=${`result-${index}`} key=${`${result.kind}-${result.one.id ?? result.one.entry.id}`} class="choice" aria-selected=${index === at ? "true" : "false"} onClick=${() => visit(result)}>
          <${Result} kind=${result.kind} one=${result.one} />
        </li>`)}
    </ul>
  </div>`;
}

/** @param {{label: string, value: string, set: (value: string) => void, options: string[][]}} props */
const Select = ({ label, value, set, options }) => html`<select aria-label=${label} value=${value} onChange=${(/** @type {any} */ event) => set(event.target.value)}>
  <option value="">${label}: ${t("search.any")}</option>${options.map(([code, name]) => html`<option value=${code}>${name}</option>`)}
</select>`;

/** @param {any} asked */
function ask({ q, kinds, channel, from, to }) {
  const start = from && new Date(`${from}T00:00`).toISOString();
  const end = to && new Date(`${to}T23:59:59`).toISOString();
  return call("GET", `/search${query({ q, limit: 20, kinds, channel, from: start, to: end })}`);
}

/** @param {{kind: string, one: any}} props */
function Result({ kind, one }) {
  if (kind === "messages") {
    return html`<${Icon} name=${glyph(one.entry.channel)} /><span class="grow"><strong>${called(one.customer)}</strong> ${one.snippet.map((/** @type {any} */ piece) => (piece.match ? html`<mark>${piece.text}</mark>` : piece.text))}</span><time class="quiet">${when(one.entry.sort_at)}</time>`;
  }
  if (kind === "orders") return html`<${Icon} name="package" /><span class="grow">${one.number || one.external_id} ${one.total ? html`<span class="quiet">${money(one.total, one.currency)}</span>` : ""}</span><span class="quiet">${word("order", one.status)}</span>`;
  if (kind === "conversations") return html`<${Icon} name="inbox" /><span class="grow one-line"><strong>${called(one.customer)}</strong> ${one.last_entry?.text || one.last_entry?.data?.subject || ""}</span><span class="quiet">${t(`status.${one.status}`)}</span>`;
  return html`<${Icon} name="user" /><span class="grow">${one.name || t("customer.unnamed")}</span><${Address} one=${one} />`;
}

/** Where they are known: the address that was looked for, else the first one people can read. @param {{one: any}} props */
function Address({ one }) {
  const schemeOf = (/** @type {string} */ address) => address.split(":", 1)[0];
  const readable = one.addresses.filter((/** @type {string} */ address) => READABLE.includes(schemeOf(address)));
  const address = readable.find((/** @type {string} */ each) => each === one.matched) ?? readable[0];
  if (address) return html`<span class="quiet result-address">${bare(address)}</span>`;
  const channels = [...new Set(one.addresses.map(schemeOf))];
  return html`<span class="quiet result-address">${channels.map((scheme) => word("channel", /** @type {string} */ (scheme))).join(", ")}</span>`;
}

/** @param {{kind: string, one: any}} result */
async function visit({ kind, one }) {
  fold();
  try {
    if (kind === "customers") await openCustomer(one.id);
    else if (kind === "orders") go("customers", one.customer_id);
    else if (kind === "conversations") go("inbox", one.id);
    else if (one.entry.conversation_id) {
      go("inbox", one.entry.conversation_id);
      await new Promise((done) => setTimeout(done, 120));
      await jump(one.entry.sort_at, one.entry.id);
    } else go("customers", one.customer.id);
  } catch (error) {
    complain(error);
  }
}
