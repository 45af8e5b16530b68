// @ts-check
/** An address of a customer: what proves that it is theirs, whether it works, what they want there. */

import { html } from "../../vendor/htm-preact.js";
import { call } from "../api.js";
import { glyphOf, Icon } from "../shell/icon.js";
import { choose } from "../shell/picker.js";
import { may, operatorName } from "../session.js";
import { conversation } from "../talk/opened.js";
import { complain, offerUndo } from "../trouble.js";
import { day, dayWithin, t } from "../words.js";
import { spelled } from "./address.js";
import { showConsents } from "./consents.js";
import { readAgain } from "./record.js";
import { askSplit } from "./reshaping.js";

/** @param {{point: any, person: any}} props */
export function ContactPoint({ point, person }) {
  const proven = point.proof !== "none";
  return html`<details class="fact point">
    <summary>
      <${Icon} name=${glyphOf(point.scheme)} />
      <span class="grow">${spelled(point)}<${Alarms} point=${point} /></span>
      <span class="quiet ${proven ? "good" : ""}">${proven ? html`<${Icon} name="shield-check" />` : ""}${t(`proof.${point.proof}`)}</span>
    </summary>
    <ul class="plain-list point-facts quiet">
      ${known(point).map((line) => html`<li>${line}</li>`)}
    </ul>
    <${Allowed} point=${point} />
    <p class="point-do">
      <button onClick=${() => showConsents(person, point)}>${t("consent.title")}</button>
      ${choices(point, person).length ? html`<button class="icon-button" onClick=${(/** @type {any} */ event) => choose({ title: t("point.more"), anchor: event.currentTarget, choices: choices(point, person) })} aria-label=${t("point.moreOf", { address: spelled(point) })} title=${t("point.more")}><${Icon} name="ellipsis" /></button>` : ""}
    </p>
  </details>`;
}

/** What has to be seen without asking: that nothing arrives there, or is wanted there. @param {{point: any}} props */
function Alarms({ point }) {
  const lines = [
    point.blocked && t("point.blocked"),
    point.consent === "opted_out" && (point.opted_out_at ? t("point.silent", { day: day(point.opted_out_at) }) : t("reason.opted-out")),
    point.health !== "ok" && [t("reason.unhealthy"), point.health_detail].filter(Boolean).join(": "),
    ...point.inboxes.filter((/** @type {any} */ one) => one.blocked).map((/** @type {any} */ one) => t("point.blockedUs", { inbox: one.name })),
  ].filter(Boolean);
  return html`${lines.map((line) => html`<span class="bad why">${line}</span>`)}${point.aged ? html`<span class="warn why">${t("point.aged")}</span>` : ""}`;
}

/** Everything else there is to say of it, line by line. @param {any} point @returns {string[]} */
function known(point) {
  return [
    point.inboxes.some((/** @type {any} */ one) => one.here) ? t("point.here") : "",
    ...grounds(point),
    claims(point),
    point.scheme === "smssender" ? t("point.nameOnly") : "",
    ...point.inboxes.filter((/** @type {any} */ one) => one.last_inbound_at).map((/** @type {any} */ one) => t("point.wrote", { inbox: one.name, day: dayWithin(one.last_inbound_at) })),
    point.health === "ok" && point.inboxes.length ? t("point.well") : "",
  ].filter(Boolean);
}

/** Why it is theirs, and what shows that the account is whose it says. @param {any} point */
function grounds(point) {
  const proof = t(`proof.${point.proof}.why`);
  if (!point.evidence) return [proof];
  const { kind, by, at } = point.evidence;
  const said = `${t(`evidence.${kind}`, { name: operatorName(by.id) || t("actor.operator") })} ${t("evidence.since", { day: dayWithin(at) })}`;
  return kind === point.proof || (kind === "claimed" && point.proof === "none") ? [said] : [said, proof];
}

/** What whoever writes from here says of himself: shown as just that. @param {any} point */
function claims(point) {
  const { name = "", email = "", by = "" } = point.claimed ?? {};
  const said = [name === point.label ? "" : name, email].filter(Boolean).join(", ");
  if (!said) return "";
  return by === "site" ? t("point.claims.site", { said }) : t("point.claims", { said });
}

/** What they allowed and refused here, in as many words. @param {{point: any}} props */
function Allowed({ point }) {
  const said = Object.entries(point.consents).filter(([purpose]) => purpose !== "all");
  if (!said.length) return null;
  return html`<p class="point-consents">${said.map(([purpose, given]) => html`<span class="chip" key=${purpose}><${Icon} name=${given ? "check" : "ban"} />${t(given ? "consent.chip.yes" : "consent.chip.no", { purpose: t(`purpose.${purpose}`) })}</span>`)}</p>`;
}

/** @param {any} point @param {any} person @returns {import("../shell/picker.js").Choice[]} */
function choices(point, person) {
  const wanted = !point.blocked;
  return [
    ...(may("messages:write") ? [{ id: "block", label: t(wanted ? "point.block" : "point.unblock"), icon: "ban", run: () => block(point, person, wanted) }] : []),
    ...(may("customers:write") && person.contact_points.length > 1 ? [{ id: "split", label: t("split.do"), icon: "split", run: () => askSplit(person, point) }] : []),
    ...(point.scheme === "webchat" ? [] : [{ id: "copy", label: t("point.copy"), icon: "copy", run: () => navigator.clipboard.writeText(point.value) }]),
  ];
}

/** @param {any} point @param {any} person @param {boolean} wanted */
async function block(point, person, wanted) {
  try {
    const was = conversation.value;
    await set(point, person, wanted);
    if (wanted) offerUndo(t("point.blocked"), () => unblock(point, person, was));
  } catch (error) {
    complain(error);
  }
}

/** Blocking has closed what was open. @param {any} point @param {any} person @param {any} was */
async function unblock(point, person, was) {
  await set(point, person, false);
  if (was && was.status !== "closed") await call("PATCH", `/conversations/${was.id}`, was.status === "snoozed" ? { snoozed_until: was.snoozed_until } : { status: was.status });
}

/** @param {any} point @param {any} person @param {boolean} wanted */
async function set(point, person, wanted) {
  await call(wanted ? "PUT" : "DELETE", `/contact-points/${point.id}/block`, wanted ? {} : undefined);
  await readAgain(person.id);
}
