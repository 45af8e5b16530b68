// @ts-check
/** The page: three panes, the line that says what is wrong, and the keyboard. */

import { html } from "../vendor/htm-preact.js";
import { useEffect } from "../vendor/preact-hooks.js";
import { Customer } from "./customer.js";
import { back, List } from "./list.js";
import { change, complain, conversation, conversations, me, online, open, selected, trouble } from "./store.js";
import { Timeline } from "./timeline.js";
import { base } from "./api.js";
import { Icon } from "./icon.js";
import { t } from "./words.js";

export function Console() {
  useEffect(() => {
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
  return html`
    <div class="panes" data-open=${selected.value ? "conversation" : "list"}>
      <nav class="rail" aria-label=${t("nav.label")}>
        <span class="brand" aria-hidden="true">Б</span>
        <a class="rail-item" href="${base}/" aria-current="page" title=${t("nav.inbox")}><${Icon} name="inbox" /></a>
        <span class="rail-space"></span>
        <form method="post" action="${base}/sign-out">
          <button class="rail-item" title=${t("nav.signOut", { name: me.value.name || me.value.email || "" })} aria-label=${t("nav.signOut", { name: "" })}><${Icon} name="log-out" /></button>
        </form>
      </nav>
      <${List} />
      ${conversation.value ? html`<${Timeline} /><${Customer} />` : html`<section class="empty" aria-label=${t("timeline.label")}><p>${t("timeline.pick")}</p></section>`}
    </div>
    <${Status} />
  `;
}

function Status() {
  if (!online.value) return html`<div class="status" role="status">${t("status.offline")}</div>`;
  if (!trouble.value) return null;
  return html`<div class="status bad" role="alert">
    <span>${trouble.value.text} ${trouble.value.remedy}</span>
    <button class="plain" onClick=${() => (trouble.value = null)} aria-label=${t("status.dismiss")}><${Icon} name="x" /></button>
  </div>`;
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.key === "Escape") {
    if (target.matches("textarea, input")) target.blur();
    else back();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || target.matches("textarea, input, select")) return;
  const action = keys[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

/** @param {number} step */
function move(step) {
  const list = conversations.value ?? [];
  const at = list.findIndex((one) => one.id === selected.value);
  const next = list[Math.min(list.length - 1, Math.max(0, at + step))];
  if (!next) return;
  open(next).catch(complain);
  document.querySelector(`[data-conversation="${next.id}"]`)?.scrollIntoView({ block: "nearest" });
}

/** @param {"reply" | "note"} mode */
const write = (mode) => document.dispatchEvent(new CustomEvent("write", { detail: mode }));

/** @type {Record<string, () => void>} */
const keys = {
  j: () => move(1),
  k: () => move(-1),
  r: () => write("reply"),
  n: () => write("note"),
  a: () => change({ assignee: me.value.id }),
  e: () => change({ status: conversation.value?.status === "closed" ? "open" : "closed" }),
};
