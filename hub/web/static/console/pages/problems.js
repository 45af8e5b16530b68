// @ts-check
/** What needs somebody's hand: failed, doubtful, quarantined, down, stuck; each with why and a button. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call, ifThere, query } from "../api.js";
import { go } from "../route.js";
import { now } from "../session.js";
import { Icon } from "../shell/icon.js";
import { reason } from "../sentences.js";
import { complain, offerUndo } from "../trouble.js";
import { ago, capital, t, word } from "../words.js";
import { openCustomer } from "./open-customer.js";
import { countProblems, problems } from "./problem-count.js";

/** @type {Record<string, string>} */
const ICONS = { failed: "circle-alert", unknown: "circle-alert", quarantined: "archive", "inbox-down": "inbox", stuck: "timer" };

const DISMISSIBLE = ["failed", "unknown", "quarantined"];

export function Problems() {
  const [list, setList] = useState(/** @type {any[] | null} */ (null));
  const [next, setNext] = useState(/** @type {string | null} */ (null));
  /** @param {string | null} cursor */
  const load = async (cursor) => {
    const page = await ifThere(`/problems${query({ limit: 50, cursor })}`);
    setList((before) => (cursor ? [...(before ?? []), ...(page?.items ?? [])] : (page?.items ?? [])));
    setNext(page?.next ?? null);
    countProblems();
  };
  useEffect(() => void load(null).catch(complain), [problems.value]);
  return html`<main class="page">
    <header class="page-head"><h1>${t("nav.problems")}</h1></header>
    ${list && !list.length ? html`<p class="hint"><${Icon} name="circle-check" /> ${t("problems.none")}</p>` : ""}
    <ul class="plain-list problems">${(list ?? []).map((one) => html`<${Trouble} key=${`${one.kind}-${one.id}`} one=${one} again=${() => load(null)} />`)}</ul>
    ${next ? html`<p class="hint"><button onClick=${() => load(next).catch(complain)}>${t("list.more")}</button></p>` : ""}
  </main>`;
}

/** @param {{one: any, again: () => Promise<void>}} props */
function Trouble({ one, again }) {
  const [busy, setBusy] = useState(false);
  const act = async () => {
    setBusy(true);
    await perform(one).then(again).catch(complain);
    setBusy(false);
  };
  return html`<li class="problem">
    <${Icon} name=${ICONS[one.kind] ?? "triangle-alert"} />
    <div class="grow">
      <p><strong>${word("problem", one.kind)}</strong> ${one.customer ? html`<button class="plain link" onClick=${() => (one.conversation_id ? go("inbox", one.conversation_id) : openCustomer(one.customer.id).catch(complain))}>${one.customer.name || t("customer.unnamed")}</button>` : ""} ${one.inbox ? html`<span class="quiet">${one.inbox.name}</span>` : ""}</p>
      <p>${one.kind === "alert" ? word("alert", one.why, { name: one.detail }) : `${capital(reason(one.why))}${one.detail ? `: ${one.detail}` : ""}`}</p>
      ${one.remedy ? html`<p class="quiet">${one.remedy}</p>` : ""}
    </div>
    <time class="quiet" datetime=${one.at}>${ago(one.at, now.value)}</time>
    ${one.action ? html`<button disabled=${busy} onClick=${act}>${word("problem-action", one.action)}</button>` : ""}
    ${DISMISSIBLE.includes(one.kind) ? html`<button class="plain" disabled=${busy} onClick=${() => dismiss(one, again).catch(complain)}>${t("problem-action.dismiss")}</button>` : ""}
  </li>`;
}

/** Leave it at that; a message can be called back to mind, input that cannot be read stays where it is kept. @param {any} one @param {() => Promise<void>} again */
async function dismiss(one, again) {
  if (one.kind === "quarantined") await call("POST", `/quarantine/${one.id}/dismiss`, {});
  else {
    await call("PUT", `/deliveries/${one.id}/dismissal`, {});
    offerUndo(t("problems.dismissed"), () => call("DELETE", `/deliveries/${one.id}/dismissal`).then(again));
  }
  await again();
}

/** @param {any} one */
async function perform(one) {
  if (one.action === "retry") await call("POST", `/deliveries/${one.id}/retry`, {});
  else if (one.action === "replay") await call("POST", `/quarantine/${one.id}/replay`, {});
  else if (one.action === "open-inbox") go("settings", "inboxes", one.inbox.id);
  else if (one.customer) await openCustomer(one.customer.id);
}
