// @ts-check
/** The person beside the timeline: addresses with proof, orders, and why they got what they got. */

import { html } from "../vendor/htm-preact.js";
import { Icon, glyph } from "./icon.js";
import { customer, decisions, now, orders } from "./store.js";
import { outcome, reason } from "./sentences.js";
import { clock, day, language, region, t, word } from "./words.js";

export function Customer() {
  const person = customer.value;
  if (!person) return null;
  return html`
    <aside class="customer" aria-label=${t("customer.label")}>
      <header>
        <span class="avatar" aria-hidden="true">${(person.name || "?").slice(0, 1).toUpperCase()}</span>
        <h2>${person.name || t("customer.unnamed")}</h2>
        <p class="quiet">${[languageName(person.locale), localTime(person.time_zone)].filter(Boolean).join(" · ")}</p>
      </header>
      <section>
        <h3>${t("customer.contactPoints")}</h3>
        ${(person.contact_points ?? []).map((/** @type {any} */ point) => html`<${ContactPoint} point=${point} />`)}
      </section>
      ${orders.value.length ? html`<section><h3>${t("customer.orders")}</h3>${orders.value.map((order) => html`<${Order} order=${order} />`)}</section>` : ""}
      ${decisions.value.length ? html`<section><h3>${t("customer.decisions")}</h3>${decisions.value.map((one) => html`<${Decision} one=${one} />`)}</section>` : ""}
    </aside>
  `;
}

/** @param {{point: any}} props */
function ContactPoint({ point }) {
  const proven = point.proof !== "none";
  return html`<div class="item">
    <${Icon} name=${glyph({ email: "email", tel: "sms" }[/** @type {"email"} */ (point.scheme)] ?? point.scheme)} />
    <span class="grow">${point.label || (point.scheme === "webchat" ? t("channel.webchat") : point.value)}</span>
    <span class="quiet ${proven ? "good" : ""}" title=${t(`proof.${point.proof}.why`)}>${t(`proof.${point.proof}`)}</span>
  </div>`;
}

/** @param {{order: any}} props */
function Order({ order }) {
  return html`<div class="item">
    <${Icon} name="package" />
    <span class="grow">${order.number} ${order.total ? html`<span class="quiet">${money(order)}</span>` : ""}</span>
    <span class="quiet">${word("order", order.status)}</span>
  </div>`;
}

/** @param {{one: any}} props */
function Decision({ one }) {
  return html`<details class="decision">
    <summary><span class="grow">${outcome(one)}</span><time class="quiet">${day(one.at)} ${clock(one.at)}</time></summary>
    ${one.reason ? html`<p>${capital(reason(one.reason))}.</p>` : ""}
    <ul>${(one.candidates ?? []).map((/** @type {any} */ candidate) => html`<li>
      ${word("channel", candidate.channel || "none")}: ${reason(candidate.reason)}
    </li>`)}</ul>
  </details>`;
}

/** @param {string} sentence */
const capital = (sentence) => sentence.slice(0, 1).toUpperCase() + sentence.slice(1);

/** @param {string} tag */
function languageName(tag) {
  if (!tag) return "";
  try {
    return new Intl.DisplayNames(language, { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** @param {string} zone */
function localTime(zone) {
  if (!zone) return "";
  const time = new Intl.DateTimeFormat(region, { hour: "2-digit", minute: "2-digit", timeZone: zone }).format(now.value);
  return `${zone.split("/").pop()?.replace(/_/g, " ")} ${time}`;
}

/** @param {any} order */
function money(order) {
  if (!order.currency) return order.total;
  return new Intl.NumberFormat(region, { style: "currency", currency: order.currency }).format(Number(order.total));
}
