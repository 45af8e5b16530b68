// @ts-check
/** An address of a customer: what proves that it is theirs, whether it works, whether they want us there. */

import { html } from "../../vendor/htm-preact.js";
import { call } from "../api.js";
import { glyphOf, Icon } from "../shell/icon.js";
import { choose } from "../shell/picker.js";
import { may } from "../session.js";
import { conversation, customer, loadCustomer } from "../talk/opened.js";
import { complain, offerUndo } from "../trouble.js";
import { READABLE } from "../compose/routes.js";
import { day, t } from "../words.js";

/** An address that people know, or else who it is. @param {any} point */
function spelled(point) {
  if (READABLE.includes(point.scheme)) return point.raw || point.value;
  return point.label || (point.scheme === "webchat" ? (point.inboxes[0]?.name ?? t("channel.webchat")) : point.raw || point.value);
}

/** @param {{point: any}} props */
export function ContactPoint({ point }) {
  const bad = point.health !== "ok" || point.consent === "opted_out" || point.blocked;
  return html`<div class="point">
    <div class="item">
      <${Icon} name=${glyphOf(point.scheme)} />
      <span class="grow one-line">${spelled(point)}</span>
      <span class="quiet ${point.proof === "none" ? "" : "good"}" title=${t(`proof.${point.proof}.why`)}>${point.proof === "none" ? "" : html`<${Icon} name="shield-check" />`}${t(`proof.${point.proof}`)}</span>
      ${may("messages:write") && "blocked" in point ? html`<button class="plain small-button" onClick=${(/** @type {any} */ event) => menu(point, event.currentTarget)} aria-label=${t("point.more")}><${Icon} name="ellipsis" /></button>` : ""}
    </div>
    ${bad ? html`<p class="point-why">
      ${point.blocked ? html`<span class="bad">${t("point.blocked")}</span>` : ""}
      ${point.consent === "opted_out" ? html`<span class="bad">${point.opted_out_at ? t("point.silent", { day: day(point.opted_out_at) }) : t("reason.opted-out")}</span>` : ""}
      ${point.health === "ok" ? "" : html`<span class="bad">${t("reason.unhealthy")}${point.health_detail ? `: ${point.health_detail}` : ""}</span>`}
    </p>` : ""}
    ${point.inboxes.filter((/** @type {any} */ one) => one.blocked).map((/** @type {any} */ one) => html`<p class="point-why bad">${t("point.blockedUs", { inbox: one.name })}</p>`)}
    ${claims(point)}
    ${point.inboxes.filter((/** @type {any} */ one) => one.last_inbound_at).map((/** @type {any} */ one) => html`<p class="point-why quiet">${t("point.wrote", { inbox: one.name, day: day(one.last_inbound_at) })}</p>`)}
  </div>`;
}

/** What whoever writes from here says of himself: shown as just that. @param {any} point */
function claims(point) {
  const { name = "", email = "", by = "" } = point.claimed ?? {};
  const said = [name === point.label ? "" : name, email].filter(Boolean).join(", ");
  const bySite = by === "site";
  return said && html`<p class="point-why quiet">${t(bySite ? "point.claims.site" : "point.claims", { said })}</p>`;
}

/** @param {any} point @param {Element} anchor */
function menu(point, anchor) {
  const wanted = !point.blocked;
  choose({
    title: t("point.more"),
    anchor,
    choices: [
      { id: "block", label: t(wanted ? "point.block" : "point.unblock"), icon: "ban", run: () => block(point, wanted) },
      ...(point.scheme === "webchat" ? [] : [{ id: "copy", label: t("point.copy"), icon: "copy", run: () => navigator.clipboard.writeText(point.value) }]),
    ],
  });
}

/** @param {any} point @param {boolean} wanted */
async function block(point, wanted) {
  try {
    const was = conversation.value;
    await set(point, wanted);
    if (wanted) offerUndo(t("point.blocked"), () => unblock(point, was));
  } catch (error) {
    complain(error);
  }
}

/** Blocking has closed what was open. @param {any} point @param {any} was */
async function unblock(point, was) {
  await set(point, false);
  if (was && was.status !== "closed") await call("PATCH", `/conversations/${was.id}`, was.status === "snoozed" ? { snoozed_until: was.snoozed_until } : { status: was.status });
}

/** @param {any} point @param {boolean} wanted */
async function set(point, wanted) {
  await call(wanted ? "PUT" : "DELETE", `/contact-points/${point.id}/block`, wanted ? {} : undefined);
  if (customer.value) await loadCustomer(customer.value.id);
}
