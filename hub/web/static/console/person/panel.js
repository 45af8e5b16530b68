// @ts-check
/** The person beside the timeline: addresses, orders, what is known, and why they got what they got. */

import { html } from "../../vendor/htm-preact.js";
import { Icon } from "../shell/icon.js";
import { panelOver } from "../shell/panes.js";
import { go } from "../route.js";
import { may, now, operatorName } from "../session.js";
import { conversation } from "../talk/opened.js";
import { OneFile } from "../talk/files.js";
import { capital, clockIn, day, languageName, money, t, word } from "../words.js";
import { Add } from "./adding.js";
import { called } from "./address.js";
import { Appointments } from "./appointments.js";
import { Attributes, Labels, Record } from "./editing.js";
import { History, Suggestions } from "./identity.js";
import { useFacts } from "./facts.js";
import { ContactPoint } from "./points.js";
import { Preferences } from "./preferences.js";
import { Reasons } from "./reasons.js";

/** @param {{person: any}} props */
export function Panel({ person }) {
  return html`
    <aside class="customer" aria-label=${t("customer.label")}>
      <button class="plain panel-close" onClick=${() => (panelOver.value = false)} aria-label=${t("sheet.close")}><${Icon} name="x" /></button>
      <${Person} person=${person} />
    </aside>
  `;
}

/** What is known of a customer; also a page of its own. @param {{person: any}} props */
export function Person({ person }) {
  const facts = useFacts(person.id);
  if (!person.contact_points) return html`<header><h2>${called(person)}</h2></header>`;
  return html`
    <header class="person-head">
      <span class="avatar" aria-hidden="true">${(person.name || "?").slice(0, 1).toUpperCase()}</span>
      <h2>${called(person)}</h2>
      <p class="quiet">${[languageName(person.locale), localTime(person.time_zone)].filter(Boolean).map(capital).join(" · ")}</p>
      ${person.owner ? html`<p class="quiet">${t("customer.owner", { name: operatorName(person.owner) })}</p>` : ""}
      ${may("customers:write") ? html`<p class="person-do"><${Record} person=${person} /><${Add} person=${person} /></p>` : ""}
    </header>
    <${Labels} person=${person} />
    <section>
      <h3>${t("customer.contactPoints")}</h3>
      ${person.contact_points.map((/** @type {any} */ point) => html`<${ContactPoint} key=${point.id} point=${point} person=${person} />`)}
      ${person.contact_points.length ? "" : html`<p class="quiet">${t("customer.noPoints")}</p>`}
    </section>
    <${Attributes} person=${person} />
    ${facts ? html`
      ${facts.preferences ? html`<${Preferences} person=${person} wishes=${facts.preferences} />` : ""}
      <${Suggestions} person=${person} list=${facts.suggestions} />
      <${Orders} list=${facts.orders} />
      <${Appointments} list=${facts.appointments} reminders=${facts.reminders} />
      <${Earlier} list=${facts.conversations} />
      <${CustomerFiles} list=${facts.files} />
      <${History} person=${person} list=${facts.merges} />
      <${Reasons} key=${person.id} list=${facts.decisions} />` : ""}
  `;
}

/** @param {{list: any[]}} props */
const Orders = ({ list }) => (list.length ? html`<section><h3>${t("customer.orders")}</h3>${list.map((order) => html`<${Order} key=${order.id} order=${order} />`)}</section>` : null);

/** @param {{order: any}} props */
export function Order({ order }) {
  return html`<details class="fact">
    <summary><${Icon} name="package" /><span class="grow">${order.number || order.external_id}</span><span class="badge">${word("order", order.status)}</span></summary>
    <dl class="facts">
      ${order.total ? html`<div><dt>${t("order.total")}</dt><dd>${money(order.total, order.currency)}</dd></div>` : ""}
      <div><dt>${t("order.changed")}</dt><dd>${day(order.updated_at)}</dd></div>
      ${order.items.map((/** @type {any} */ item) => html`<div><dt>${item.name ?? item.title ?? item.sku ?? ""}</dt><dd>${item.quantity ?? ""}</dd></div>`)}
    </dl>
    ${/^https?:/.test(order.tracking_url) ? html`<a href=${order.tracking_url} target="_blank" rel="noopener noreferrer">${t("order.track")} <${Icon} name="external-link" /></a>` : ""}
  </details>`;
}

/** @param {{list: any[]}} props */
function Earlier({ list }) {
  const others = list.filter((one) => one.id !== conversation.value?.id);
  if (!others.length) return null;
  return html`<section><h3>${t("customer.earlier")}</h3>${others.map((one) => html`
    <button class="plain fact-row" key=${one.id} onClick=${() => go("inbox", one.id)}>
      <span class="grow one-line">${one.last_entry?.text || t(`status.${one.status}`)}</span><span class="quiet">${t(`status.${one.status}`)} · ${day(one.opened_at)}</span>
    </button>`)}</section>`;
}

/** @param {{list: any[]}} props */
function CustomerFiles({ list }) {
  if (!list.length) return null;
  return html`<section><h3>${t("customer.files")}</h3><div class="panel-files">${list.map((one) => html`<${OneFile} key=${one.id ?? one.file.id} file=${one.file ?? one} />`)}</div></section>`;
}

/** @param {string} zone */
function localTime(zone) {
  if (!zone) return "";
  try {
    return `${zone.split("/").pop()?.replace(/_/g, " ")} ${clockIn(zone, now.value)}`;
  } catch {
    return "";
  }
}
