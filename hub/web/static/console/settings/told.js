// @ts-check
/** What a webhook was told and how each call went; what failed can be told once more. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call, query } from "../api.js";
import { Icon } from "../shell/icon.js";
import { complain } from "../trouble.js";
import { number, shortMoment, t, word } from "../words.js";

const STATUSES = ["", "pending", "delivered", "failed"];
/** @type {Record<string, string>} */
const GLYPHS = { pending: "clock", delivered: "check", failed: "circle-alert" };
const PAGE = 30;

/** @param {{one: any, turn: number}} props turn: counts what makes the list worth reading again */
export function Told({ one, turn }) {
  const [status, setStatus] = useState("");
  const [list, setList] = useState(/** @type {any[] | null} */ (null));
  const [next, setNext] = useState(/** @type {string | null} */ (null));
  /** @param {string | null} cursor */
  const page = (cursor) => call("GET", `/webhooks/${one.id}/deliveries${query({ status, limit: PAGE, cursor })}`);
  useEffect(() => {
    let current = true;
    page(null).then((answer) => current && (setList(answer.items), setNext(answer.next))).catch(complain);
    return () => void (current = false);
  }, [status, turn, one.updated_at, one.last_success_at, one.pending, one.failed]);
  const more = async () => {
    const answer = await page(next);
    setList([...(list ?? []), ...answer.items]);
    setNext(answer.next);
  };
  return html`<section><h3>${t("told.title")}</h3>
    <div class="tabs in-page" role="group" aria-label=${t("list.status")}>${STATUSES.map((each) => html`<button key=${each} aria-pressed=${status === each ? "true" : "false"} onClick=${() => setStatus(each)}>${t(`told.${each || "all"}`)}</button>`)}</div>
    ${(list ?? []).map((each) => html`<${Line} key=${each.id} hook=${one} one=${each} />`)}
    ${list && !list.length ? html`<p class="hint">${t("told.none")}</p>` : ""}
    ${next ? html`<p class="hint"><button onClick=${() => more().catch(complain)}>${t("list.more")}</button></p>` : ""}
  </section>`;
}

/** @param {{hook: any, one: any}} props */
function Line({ hook, one }) {
  const [tries, setTries] = useState(/** @type {any[] | null} */ (null));
  const [again, setAgain] = useState(false);
  const open = (/** @type {any} */ event) => event.target.open && call("GET", `/webhooks/${hook.id}/deliveries/${one.id}/attempts`).then((answer) => setTries(answer.items)).catch(complain);
  const retry = async () => {
    await call("POST", `/webhooks/${hook.id}/deliveries/${one.id}/retry`, {});
    setAgain(true);
  };
  return html`<details class="fact" onToggle=${open}>
    <summary><${Icon} name=${GLYPHS[one.status]} label=${t(`told.${one.status}`)} /><span class="grow">${one.type}${answerOf(one) ? html` <span class="${one.status === "failed" ? "bad" : "quiet"}">${answerOf(one)}</span>` : ""}</span>
      ${one.milliseconds === null ? "" : html`<span class="quiet nowrap">${t("told.ms", { number: number(one.milliseconds) })}</span>`}<time class="quiet">${shortMoment(one.created_at)}</time></summary>
    <p class="quiet">${t("told.id")} <code>${one.event_id}</code></p>
    ${one.status === "pending" && one.next_at ? html`<p class="quiet">${t("told.next", { time: shortMoment(one.next_at) })}</p>` : ""}
    <ul class="plain-list quiet">${(tries ?? []).map((each) => html`<li key=${each.number}>${shortMoment(each.at)} · ${t("delivery.try", { number: each.number })}: ${answerOf(each)}${each.said ? html`<code class="why">${each.said}</code>` : ""}</li>`)}</ul>
    ${one.status === "pending" || !hook.enabled ? "" : again ? html`<p class="good" role="status">${t("told.planned")}</p>` : html`<p><button onClick=${() => retry().catch(complain)}><${Icon} name="rotate-cw" />${t("told.again")}</button></p>`}
  </details>`;
}

/** What came back, or why nothing did. @param {any} one */
const answerOf = (one) => (one.code ? `HTTP ${one.code}` : one.fault ? word("webhook-fault", one.fault) : "");
