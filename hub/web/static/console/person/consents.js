// @ts-check
/** What a customer allowed and refused at an address: what holds, what was said when and how, and writing more down. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call } from "../api.js";
import { may } from "../session.js";
import { Field, Form } from "../settings/form.js";
import { lay } from "../shell/sheet.js";
import { complain } from "../trouble.js";
import { day, dayWithin, moment, t, word } from "../words.js";
import { spelled } from "./address.js";
import { readAgain } from "./record.js";

const PURPOSES = ["service", "reminder", "marketing", "survey"];
/** Not sent before somebody has said yes. */
const ASKED_FIRST = ["marketing"];

/** @param {any} person @param {any} point */
export const showConsents = (person, point) => lay({ title: t("consent.of", { address: spelled(point) }), body: () => html`<${Consents} person=${person} point=${point} />` });

/** @param {{person: any, point: any}} props */
function Consents({ person, point }) {
  const [lines, setLines] = useState(/** @type {any[] | null} */ (null));
  useEffect(() => {
    call("GET", `/customers/${person.id}/consents`).then((answer) => setLines(answer.items)).catch(complain);
  }, []);
  if (!lines) return null;
  const here = lines.filter((one) => one.contact_point.id === point.id);
  /** @param {any} given */
  const submit = async ({ purpose, answer, wording }) => {
    const stored = await call("POST", `/customers/${person.id}/consents`, { contact_point: point.id, purpose, given: answer === "yes", wording });
    setLines(stored.items);
    await readAgain(person.id);
  };
  return html`
    <dl class="facts consent-now">${PURPOSES.map((purpose) => html`<div key=${purpose}><dt>${t(`purpose.${purpose}`)}</dt><dd>${standing(lines, here, purpose)}</dd></div>`)}</dl>
    ${may("customers:write") ? html`<h3>${t("consent.add")}</h3><${Form} submit=${submit} key=${lines.length} start=${{ purpose: "marketing", answer: "yes", wording: "" }} label=${t("consent.record")}>
      <${Field} name="purpose" label=${t("consent.purpose")} options=${[...PURPOSES, "all"].map((purpose) => [purpose, t(`purpose.${purpose}`)])} />
      <${Field} name="answer" label=${t("consent.answer")} options=${[["yes", t("consent.yes")], ["no", t("consent.no")]]} />
      <${Field} name="wording" label=${t("consent.wording")} hint=${t("consent.wordingHint")} long maxlength="2000" />
    <//>` : ""}
    <h3>${t("consent.history")}</h3>
    ${here.length ? html`<ul class="plain-list">${here.map((one) => html`<li key=${one.id} class="consent-line">
      <strong>${t(`purpose.${one.purpose}`)}: ${t(one.given ? "consent.yes" : "consent.no")}</strong>
      <span class="quiet why" title=${moment(one.at)}>${[day(one.at), word("consent-source", one.source), one.by.name].filter(Boolean).join(" · ")}</span>
      ${one.wording ? html`<q>${one.wording}</q>` : ""}
    </li>`)}</ul>` : html`<p class="quiet">${t("consent.none")}</p>`}`;
}

/** What counts now, in words. @param {any[]} all lines of the customer @param {any[]} here @param {string} purpose */
function standing(all, here, purpose) {
  const silence = here.find((one) => one.purpose === "all");
  if (silence && !silence.given) return html`<span class="bad">${t("consent.silent", { day: dayWithin(silence.at) })}</span>`;
  const own = here.find((one) => one.purpose === purpose);
  const elsewhere = ["marketing", "survey"].includes(purpose) && newest(all, purpose).find((one) => !one.given && one.contact_point.id !== here[0]?.contact_point.id);
  if (own && !own.given) return html`<span class="bad">${t("consent.refused", { day: dayWithin(own.at) })}</span>`;
  if (elsewhere) return html`<span class="bad">${t("consent.refusedThere", { address: elsewhere.contact_point.value })}</span>`;
  if (own) return html`<span class="good">${t("consent.given", { day: dayWithin(own.at) })}</span>`;
  return t(ASKED_FIRST.includes(purpose) ? "consent.unasked" : "consent.unsaid");
}

/** The line that counts at each address. @param {any[]} lines the newest first @param {string} purpose */
function newest(lines, purpose) {
  /** @type {Map<string, any>} */
  const found = new Map();
  for (const one of lines) if (one.purpose === purpose && !found.has(one.contact_point.id)) found.set(one.contact_point.id, one);
  return [...found.values()];
}
