// @ts-check
/** The list of conversations: who, one line of what, when, channel, how long they wait. */

import { html } from "../vendor/htm-preact.js";
import { conversations, counts, complain, leave, me, now, open, selected, show, view } from "./store.js";
import { glyph, Icon } from "./icon.js";
import { activity } from "./sentences.js";
import { ago, t, word } from "./words.js";

const STATUSES = ["open", "pending", "snoozed", "closed"];
const WHO = ["", "me", "none"];

/** From the conversation to the list, with the focus on the row one came from. */
export function back() {
  const id = selected.value;
  leave();
  requestAnimationFrame(() => /** @type {HTMLElement | null} */ (document.querySelector(`[data-conversation="${id}"]`))?.focus());
}

export function List() {
  return html`
    <section class="list" role=${selected.value ? undefined : "main"} aria-label=${t("list.label")}>
      ${selected.value ? "" : html`<h1 class="unseen">${t("list.label")}</h1>`}
      <header class="list-head">
        <div class="tabs" role="tablist" aria-label=${t("list.who")}>
          ${WHO.map((who) => html`
            <button role="tab" aria-selected=${view.value.assignee === who} onClick=${() => show({ assignee: who })}>${t(`who.${who || "all"}`)}</button>
          `)}
        </div>
        <div class="tabs small" role="tablist" aria-label=${t("list.status")}>
          ${STATUSES.map((status) => html`
            <button role="tab" aria-selected=${view.value.status === status} onClick=${() => show({ status })}>
              ${t(`status.${status}`)} <span class="count">${counts.value[status] || ""}</span>
            </button>
          `)}
        </div>
      </header>
      <${Rows} />
    </section>
  `;
}

function Rows() {
  const list = conversations.value;
  if (list === null) return html`<div class="rows skeleton" aria-busy="true">${[1, 2, 3, 4].map(() => html`<div class="row"></div>`)}</div>`;
  if (!list.length) return html`<p class="hint">${t(`list.empty.${view.value.status}`)}</p>`;
  return html`<div class="rows">${list.map((one) => html`<${Row} key=${one.id} one=${one} />`)}</div>`;
}

/** @param {{one: import("./store.js").Conversation}} props */
function Row({ one }) {
  const last = one.last_entry;
  const waiting = one.waiting_since && one.status === "open";
  return html`
    <button class="row ${one.unread ? "unread" : ""}" data-conversation=${one.id} aria-current=${selected.value === one.id ? "true" : undefined} onClick=${() => open(one).catch(complain)}>
      <span class="row-top">
        <span class="who">${one.customer.name || t("customer.unnamed")}</span>
        <time class="when" datetime=${one.updated_at}>${ago(one.updated_at, now.value)}</time>
      </span>
      <span class="row-bottom">
        <${Icon} name=${glyph(last?.channel ?? one.channels[0] ?? "")} label=${word("channel", last?.channel ?? one.channels[0] ?? "none")} />
        <span class="what">${last?.direction === "outbound" ? html`<span class="you">${t("list.us")}</span> ` : ""}${preview(last)}</span>
        ${waiting ? html`<span class="waiting" title=${t("list.waiting")}><${Icon} name="clock" />${ago(/** @type {string} */ (one.waiting_since), now.value)}</span>` : ""}
        ${one.assignee ? html`<span class="assignee" title=${one.assignee.name}>${initials(one.assignee)}</span>` : ""}
      </span>
    </button>
  `;
}

/** @param {any} entry */
function preview(entry) {
  if (!entry) return "";
  if (entry.kind === "activity") return activity(entry);
  return entry.text || (entry.file_count ? t("entry.files", { count: entry.file_count }) : "");
}

/** @param {{id: string, name: string}} person */
function initials(person) {
  if (person.id === me.value.id) return t("list.you");
  return person.name.split(/\s+/).map((part) => part[0] ?? "").join("").slice(0, 2).toUpperCase();
}
