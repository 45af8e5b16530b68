// @ts-check
/** Why a rule would or would not act for a customer now: each condition with the value it finds. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call, query } from "../api.js";
import { called } from "../person/address.js";
import { fate, reason } from "../sentences.js";
import { Icon } from "../shell/icon.js";
import { fold, lay } from "../shell/sheet.js";
import { complain } from "../trouble.js";
import { Comparison, valued } from "./rule-told.js";
import { capital, shortMoment, t, word } from "../words.js";

/** @param {any} rule @param {any} who a customer @param {string} [object] */
export const showWhy = (rule, who, object) => lay({ title: t("why.title", { name: called(who) }), body: () => html`<${Why} rule=${rule} id=${who.id} object=${object} />` });

/** @param {{rule: any, id: string, object?: string}} props */
function Why({ rule, id, object }) {
  const [seen, setSeen] = useState(/** @type {any} */ (null));
  useEffect(() => void call("GET", `/rules/${rule.id}/why${query({ customer: id, object })}`).then(setSeen).catch((error) => { fold(); complain(error); }), []);
  if (!seen) return null;
  return html`
    <p class=${seen.would === "fire" ? "good" : ""}><strong>${t(`would.${seen.would}`)}</strong>${seen.reason && !seen.conditions ? ` ${reason(seen.reason)}` : ""}</p>
    ${seen.reminder ? html`<p><${Icon} name="clock" /> ${capital(promised(seen))}</p>` : ""}
    ${seen.conditions ? html`<div class="tree"><${Node} one=${seen.conditions} /></div>` : ""}
    ${seen.last_firing ? html`<p class="quiet">${t("why.fired", { what: word("firing", seen.last_firing.outcome), time: shortMoment(seen.last_firing.at) })}</p>` : ""}
    ${seen.last_skip ? html`<p class="quiet">${t("why.skipped", { what: t(`skip.${seen.last_skip.outcome}`), time: shortMoment(seen.last_skip.at) })}</p>` : ""}`;
}

/** What becomes of its reminder: one that is planned goes only if the rule holds by then. @param {any} seen */
const promised = (seen) => (seen.reminder.status === "planned" && seen.would !== "fire" ? t("why.planned", { time: shortMoment(seen.reminder.due_at) }) : fate(seen.reminder));

/** @param {{one: any}} props */
function Node({ one }) {
  const group = ["all", "any", "not"].find((each) => each in one);
  const sign = html`<${Icon} name=${one.holds ? "check" : "x"} label=${t(one.holds ? "why.holds" : "why.fails")} />`;
  if (group) return html`<div class="tree-group"><p>${sign} ${t(`group.${group}`)}</p>${one[group].map((/** @type {any} */ part) => html`<${Node} one=${part} />`)}</div>`;
  return html`<p class="tree-leaf ${one.holds ? "" : "bad"}">${sign}<span><${Comparison} field=${one.field} operator=${one.operator} value=${one.value} /><span class="quiet why">${t("why.found", { value: valued(one.field, one.found) })}</span></span></p>`;
}
