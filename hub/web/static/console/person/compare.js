// @ts-check
/** Two customers side by side before they become one: what each has, and which value would show. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call, query } from "../api.js";
import { operatorName } from "../session.js";
import { Field, Form } from "../settings/form.js";
import { glyphOf, Icon } from "../shell/icon.js";
import { fold, lay } from "../shell/sheet.js";
import { complain, offerUndo } from "../trouble.js";
import { capital, dayWithin, languageName, number, t } from "../words.js";
import { called, spelled } from "./address.js";
import { readAgain } from "./record.js";

/** @param {any} person who is on screen @param {any} other */
export const compare = (person, other) => lay({ title: t("join.title"), wide: true, body: () => html`<${Comparison} person=${person} other=${other} />` });

/** @param {{person: any, other: any}} props */
function Comparison({ person, other }) {
  // Whose values win: those of who is on screen, until the operator says otherwise.
  const [turned, setTurned] = useState(false);
  const [seen, setSeen] = useState(/** @type {any} */ (null));
  const [stays, goes] = turned ? [other.id, person.id] : [person.id, other.id];
  useEffect(() => {
    let current = true;
    call("GET", `/customers/${stays}/compare${query({ with: goes })}`).then((found) => current && setSeen(found)).catch((error) => { fold(); complain(error); });
    return () => void (current = false);
  }, [stays, goes]);
  if (!seen) return html`<div class="skeleton" aria-busy="true"></div>`;
  /** @param {any} given */
  const submit = async ({ reason }) => {
    const answer = await call("POST", `/customers/${stays}/merge`, { from: goes, reason });
    fold();
    await readAgain(person.id);
    offerUndo(t("join.done", { name: called(seen.other) }), async () => {
      await call("POST", `/customers/${answer.customer_id}/unmerge`, { merge_id: answer.merge_id });
      await readAgain(answer.customer_id);
    });
  };
  const lost = new Set(seen.conflicts.map((/** @type {any} */ one) => one.field));
  return html`
    <div class="table-frame" tabindex="0" role="group" aria-label=${t("join.title")}><table class="compare">
      <thead><tr><th><span class="unseen">${t("join.what")}</span></th><th>${t("join.stays")}</th><th>${t("join.joins")}</th></tr></thead>
      <tbody>${rows(seen).map(([field, label, mine, theirs]) => html`<tr key=${field}><th>${label}</th><td>${mine}</td><td>${lost.has(field) ? html`<s>${theirs}</s><span class="quiet why">${t("join.hidden")}</span>` : theirs}</td></tr>`)}</tbody>
    </table></div>
    ${lost.size ? html`<p><button onClick=${() => setTurned(!turned)}><${Icon} name="arrow-up-down" />${t("join.turn")}</button></p>` : ""}
    <p class="quiet">${t("join.meaning")}</p>
    <${Form} submit=${submit} start=${{ reason: "" }} label=${t("join.do")}><${Field} name="reason" label=${t("join.reason")} hint=${t("join.reasonHint")} maxlength="500" /><//>`;
}

/** Field, its name, and what each of the two has there; what neither has is left out. @param {any} seen @returns {[string, string, any, any][]} */
function rows({ customer, other, amounts }) {
  const fields = [...new Set([...Object.keys(customer.attributes), ...Object.keys(other.attributes)])].sort();
  /** @type {[string, string, (one: any, amount: any) => any][]} */
  const lines = [
    ["name", t("customer.name"), (one) => one.name],
    ["contact_points", t("customer.contactPoints"), (one) => one.contact_points.map((/** @type {any} */ point) => html`<span class="point-line" key=${point.id}><${Icon} name=${glyphOf(point.scheme)} />${spelled(point)} <span class="quiet">${t(`proof.${point.proof}`)}</span></span>`)],
    ["locale", t("customer.locale"), (one) => capital(languageName(one.locale))],
    ["time_zone", t("customer.zone"), (one) => one.time_zone],
    ["owner", t("customer.ownerLabel"), (one) => operatorName(one.owner)],
    ["labels", t("do.label"), (one) => one.labels.join(", ")],
    ...fields.map((name) => /** @type {[string, string, (one: any) => any]} */ (["attributes." + name, name, (one) => plain(one.attributes[name])])),
    ["conversations", t("join.conversations"), (_, amount) => number(amount.conversations)],
    ["orders", t("customer.orders"), (_, amount) => number(amount.orders)],
    ["span", t("join.span"), (_, amount) => capital([...new Set([amount.first_at, amount.last_at].filter(Boolean).map(dayWithin))].join(" – "))],
  ];
  return lines.map(([field, label, of]) => /** @type {[string, string, any, any]} */ ([field, label, of(customer, amounts.customer), of(other, amounts.other)]))
    .filter(([, , mine, theirs]) => [mine, theirs].some((one) => (Array.isArray(one) ? one.length : one)));
}

/** @param {any} value */
const plain = (value) => (value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value));
