// @ts-check
/** What became of a message: a mark for every message, the provider's words for who asks, a verb for what failed. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call } from "../api.js";
import { Icon } from "../shell/icon.js";
import { lay } from "../shell/sheet.js";
import { may } from "../session.js";
import { reason } from "../sentences.js";
import { complain } from "../trouble.js";
import { showVersions } from "./originals.js";
import { ahead, capital, clock, moment, t, word } from "../words.js";

/** @type {Record<string, string>} */
const MARKS = {
  scheduled: "clock", waiting: "clock", queued: "clock", sending: "clock", sent: "check", delivered: "check-check", read: "check-check",
  failed: "circle-alert", unknown: "circle-alert", cancelled: "x", suppressed: "x",
};

/** @param {{entry: import("./entries.js").Entry}} props */
export function Mark({ entry }) {
  if (!MARKS[entry.status]) return null;
  const said = t(`delivery.${entry.status}`);
  return html`<button class="mark ${entry.status}" title=${said} aria-label=${said} onClick=${() => entry.pending || details(entry)}><${Icon} name=${MARKS[entry.status]} /></button>`;
}

/** @param {{entry: import("./entries.js").Entry}} props */
export const Edited = ({ entry }) => (entry.edited ? html`<button class="mark" title=${t("versions.title")} onClick=${() => showVersions(entry)}>${t("entry.edited")}</button>` : null);

/** Why a message did not go, and what can be done about it, under the message itself. @param {{entry: import("./entries.js").Entry}} props */
export function Outcome({ entry }) {
  const bad = entry.status === "failed" || entry.status === "unknown";
  const [failed, setFailed] = useState(/** @type {any[]} */ ([]));
  useEffect(() => {
    if (bad) deliveries(entry.id).then((list) => setFailed(list.filter((one) => one.status === "failed" || one.status === "unknown"))).catch(complain);
  }, [entry.status, entry.id]);
  if (!bad) return null;
  const [one] = failed;
  return html`<p class="outcome">
    <${Icon} name="circle-alert" /><span>${t(`delivery.${entry.status}`)}${one?.detail || one?.reason ? `: ${one.detail || reason(one.reason)}` : ""}</span>
    ${one && may("messages:write") ? html`<button onClick=${() => again(one)}><${Icon} name="rotate-cw" />${t("delivery.again")}</button>` : ""}
  </p>`;
}

/** @param {string} id @returns {Promise<any[]>} */
const deliveries = async (id) => (await call("GET", `/messages/${id}/deliveries`)).items;

/** @param {any} one */
async function again(one) {
  await call("POST", `/deliveries/${one.id}/retry`, {}).catch(complain);
}

/** @param {any} entry */
const details = (entry) => lay({ title: t("delivery.title"), body: () => html`<${Details} entry=${entry} />` });

/** @param {{entry: any}} props */
function Details({ entry }) {
  const [list, setList] = useState(/** @type {any[] | null} */ (null));
  useEffect(() => {
    deliveries(entry.id).then(setList).catch(complain);
  }, []);
  if (!list) return null;
  if (!list.length) return html`<p>${t(`delivery.${entry.status}`)}</p>`;
  return list.map((one) => html`
    <section class="delivery">
      <h3>${one.inbox.name} · ${one.contact_point.scheme === "webchat" ? word("channel", "webchat") : one.contact_point.value}${one.parts > 1 ? ` · ${t("delivery.part", { part: one.part + 1, parts: one.parts })}` : ""}</h3>
      <p class="${["failed", "unknown"].includes(one.status) ? "bad" : ""}">${next(one, list) || `${t(`delivery.${one.status}`)}${one.reason ? `: ${reason(one.reason)}` : ""}`}</p>
      ${one.detail ? html`<p class="said">${one.detail}</p>` : ""}
      ${one.provider_status || one.provider_code ? html`<p class="quiet">${t("delivery.provider", { words: [one.provider_status, one.provider_code].filter(Boolean).join(" ") })}</p>` : ""}
      <ul class="plain-list quiet">
        <${Step} name="queued" at=${one.created_at} /><${Step} name="sent" at=${one.sent_at} /><${Step} name="delivered" at=${one.delivered_at} /><${Step} name="read" at=${one.read_at} />
        ${one.attempts.filter((/** @type {any} */ each) => each.outcome !== "sent").map((/** @type {any} */ each) => html`<li>${clock(each.started_at)} · ${t("delivery.try", { number: each.number })}: ${word("attempt", each.outcome)}${each.detail ? `, ${each.detail}` : ""}</li>`)}
      </ul>
      ${["failed", "unknown"].includes(one.status) && may("messages:write") ? html`<button onClick=${() => again(one)}><${Icon} name="rotate-cw" />${t("delivery.again")}</button>` : ""}
    </section>
  `);
}

/** What a way that has not begun waits for. @param {any} one @param {any[]} list every delivery of the message */
function next(one, list) {
  if (one.status !== "waiting" || one.after === null) return "";
  const begun = list.filter((each) => each.turn < one.turn && each.status !== "waiting").map((each) => Date.parse(each.send_at ?? each.created_at));
  if (!begun.length) return t("delivery.afterOther");
  const at = Math.max(...begun) + one.after * 1000;
  return t("delivery.unless", { channel: word("channel", one.inbox.channel), time: ahead(at, Date.now()) });
}

/** @param {{name: string, at: string | null}} props */
const Step = ({ name, at }) => (at ? html`<li title=${moment(at)}>${clock(at)} · ${capital(t(`delivery.${name}`))}</li>` : null);
