// @ts-check
/** Everybody the company knows: found by name or address, opened beside the list. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call, query } from "../api.js";
import { address, go, place } from "../route.js";
import { now } from "../session.js";
import { glyphOf, Icon } from "../shell/icon.js";
import { called, READABLE } from "../person/address.js";
import { Person } from "../person/panel.js";
import { complain, lost } from "../trouble.js";
import { ago, t, word } from "../words.js";
import { openCustomer } from "./open-customer.js";
import { shown } from "./shown.js";

export function Customers() {
  const [text, setText] = useState("");
  const [mine, setMine] = useState(false);
  const [list, setList] = useState(/** @type {any[] | null} */ (null));
  const [next, setNext] = useState(/** @type {string | null} */ (null));
  const id = place.value.id;
  useEffect(() => {
    let current = true;
    const wait = setTimeout(() => call("GET", `/customers${query({ q: text, owner: mine ? "me" : "", limit: 50 })}`).then((page) => {
      if (!current) return;
      setList(page.items);
      setNext(page.next);
    }).catch(complain), text ? 120 : 0);
    return () => {
      current = false;
      clearTimeout(wait);
    };
  }, [text, mine]);
  useEffect(() => {
    if (!id) return void (shown.value = null);
    const still = () => place.value.id === id;
    call("GET", `/customers/${id}`).then((found) => still() && (shown.value = found)).catch((error) => still() && lost(error, "customers"));
  }, [id]);
  const more = async () => {
    const page = await call("GET", `/customers${query({ q: text, owner: mine ? "me" : "", limit: 50, cursor: next })}`);
    setList([...(list ?? []), ...page.items]);
    setNext(page.next);
  };
  return html`<main class="page split" data-open=${id ? "one" : "list"}>
    <section class="page-list">
      <header class="page-head"><h1>${t("nav.customers")}</h1>
        <input type="search" value=${text} placeholder=${t("customers.search")} aria-label=${t("customers.search")} onInput=${(/** @type {any} */ event) => setText(event.target.value)} />
        <label class="check"><input type="checkbox" checked=${mine} onChange=${(/** @type {any} */ event) => setMine(event.target.checked)} /> ${t("customers.mine")}</label></header>
      ${list && !list.length ? html`<p class="hint">${t("customers.nobody")}</p>` : ""}
      <div class="table-frame" tabindex="0" role="group" aria-label=${t("nav.customers")}><table>
        <thead><tr><th>${t("customer.name")}</th><th>${t("customer.contactPoints")}</th><th class="right less">${t("customers.changed")}</th></tr></thead>
        <tbody>${(list ?? []).map((one) => html`<tr key=${one.id} aria-selected=${id && one.id === (shown.value?.id ?? id) ? "true" : undefined}>
          <td><a href=${address("customers", one.id)}>${called(one)}</a>${one.labels.map((/** @type {string} */ name) => html` <span class="chip">${name}</span>`)}</td>
          <td>${one.contact_points.map((/** @type {any} */ point) => html`<span class="inline" key=${point.id}><${Icon} name=${glyphOf(point.scheme)} />${READABLE.includes(point.scheme) ? point.value : word("channel", point.scheme)}</span> `)}</td>
          <td class="right quiet less">${ago(one.updated_at, now.value)}</td></tr>`)}</tbody>
      </table>
      ${next ? html`<p class="hint"><button onClick=${() => more().catch(complain)}>${t("list.more")}</button></p>` : ""}</div>
    </section>
    ${shown.value && id ? html`<aside class="customer" aria-label=${t("customer.label")}>
      <div class="actions"><button class="plain back-always" onClick=${() => go("customers")} aria-label=${t("customers.back")}><${Icon} name="arrow-left" /></button>
      <button class="main" onClick=${() => openCustomer(shown.value.id).catch(complain)}>${t("customers.open")}</button></div>
      <${Person} person=${shown.value} /></aside>` : ""}
  </main>`;
}
