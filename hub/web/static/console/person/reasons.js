// @ts-check
/** Why a message went, waited or did not go: one line each, alike ones together, what was considered on demand. */

import { html } from "../../vendor/htm-preact.js";
import { useState } from "../../vendor/preact-hooks.js";
import { Icon } from "../shell/icon.js";
import { inboxes, inboxName } from "../session.js";
import { cause, outcome, reason, subject } from "../sentences.js";
import { every as entries } from "../talk/entries.js";
import { capital, t, when, word } from "../words.js";

const SHOWN = 6;
/** @type {Record<string, string>} */
const GLYPHS = { sent: "check", waiting: "clock", cancelled: "undo-2" };

/** @param {{list: any[]}} props */
export function Reasons({ list }) {
  const [every, setEvery] = useState(false);
  if (!list.length) return null;
  const groups = alike(list.map(known));
  return html`<section><h3>${t("customer.decisions")}</h3>
    ${groups.slice(0, every ? undefined : SHOWN).map((group) => html`<${Group} key=${group[0].id} group=${group} />`)}
    ${groups.length > SHOWN && !every ? html`<button class="plain link" onClick=${() => setEvery(true)}>${t("decision.more", { count: groups.length - SHOWN })}</button>` : ""}
  </section>`;
}

/** @type {Record<string, string>} */
const BECAME = { sent: "sent", delivered: "sent", read: "sent", cancelled: "cancelled" };

/** What was to wait has gone or was taken back since, as the timeline knows. @param {any} decision */
function known(decision) {
  const entry = decision.outcome === "waiting" && entries().find((one) => one.id === decision.message_id);
  const became = entry && BECAME[entry.status];
  return became ? { ...decision, outcome: became, reason: "" } : decision;
}

/** What says the same is one line, wherever it stands. @param {any[]} list @returns {any[][]} */
function alike(list) {
  /** @type {Map<string, any[]>} */
  const groups = new Map();
  for (const one of list) {
    const chosen = one.candidates.find((/** @type {any} */ each) => each.chosen);
    const key = JSON.stringify([one.outcome, one.reason, one.by.kind, one.object?.id ?? "", chosen?.inbox_id ?? "", chosen?.contact_point_id ?? ""]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

/** @param {{group: any[]}} props */
function Group({ group }) {
  const [one] = group;
  const went = ["sent", "waiting", "cancelled"].includes(one.outcome);
  return html`<details class="fact decision">
    <summary>
      <${Icon} name=${GLYPHS[one.outcome] ?? "circle-alert"} />
      <span class="grow"><span class="${went ? "" : "bad"}">${subject(one)}: ${outcome(one)}</span>${group.length > 1 ? html` <span class="quiet">×${group.length}</span>` : ""}<span class="quiet why"><time>${when(one.at)}</time>${cause(one) && ` · ${cause(one)}`}</span></span>
    </summary>
    <p class="quiet">${t("decision.considered")}</p>
    <ul class="plain-list">${one.candidates.map((/** @type {any} */ each) => html`<li class="item">
      <${Icon} name=${each.chosen ? "check" : "x"} />
      <span class="grow">${place(each)}<span class="quiet why">${capital(reason(each.reason))}${each.overridden?.length ? `; ${t("decision.overridden")}` : ""}</span></span>
    </li>`)}</ul>
  </details>`;
}

/** @param {any} candidate */
function place(candidate) {
  const several = inboxes.value.filter((one) => one.channel === candidate.channel).length > 1;
  return (several && inboxName(candidate.inbox_id)) || word("channel", candidate.channel || "none");
}
