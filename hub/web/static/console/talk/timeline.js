// @ts-check
/** The pane of a conversation: its head, the window on the timeline, and the composer. */

import { html } from "../../vendor/htm-preact.js";
import { Composer } from "../compose/composer.js";
import { backToList } from "../inbox/moving.js";
import { called } from "../person/address.js";
import { choose } from "../shell/picker.js";
import { actions } from "../shell/actions.js";
import { Icon } from "../shell/icon.js";
import { Divider, folded, foldPanel } from "../shell/panes.js";
import { may, me, now } from "../session.js";
import { ago, shortMoment, t } from "../words.js";
import { conversation, customer } from "./opened.js";
import { answering, viewersOf } from "../presence.js";
import { Avatars } from "../shell/avatar.js";
import { Window } from "./window.js";
import { urgency } from "../inbox/urgency.js";
import { due } from "../sentences.js";
import * as work from "./work.js";

export function Talk() {
  const one = conversation.value;
  if (!one) return html`<section class="empty" aria-label=${t("timeline.label")}><p>${t("timeline.pick")}</p><p class="quiet"><kbd>j</kbd> <kbd>k</kbd> <kbd>Enter</kbd> · <kbd>?</kbd></p></section>`;
  return html`
    <main class="timeline" aria-label=${t("timeline.label")}>
      <${Head} />
      <${Window} key=${one.customer.id} />
      <${Answering} />
      ${may("messages:write") ? html`<${Composer} key=${one.id} />` : ""}
      ${folded() ? "" : html`<${Divider} pane="panel" />`}
    </main>
  `;
}

function Head() {
  const one = conversation.value;
  if (!one) return null;
  const closed = one.status === "closed";
  const write = may("messages:write");
  return html`
    <header class="timeline-head">
      <button class="plain back" onClick=${backToList} aria-label=${t("timeline.back")}><${Icon} name="arrow-left" /></button>
      <div class="title">
        <h1>${called(one.customer)}</h1>
        <span class="badge ${one.status}">${t(`status.${one.status}`)}</span>
        ${one.priority ? html`<span class="badge priority-${one.priority}"><${Icon} name="flag" />${t(`priority.${one.priority}`)}</span>` : ""}
        ${one.labels.map((name) => html`<span class="badge label">${name}</span>`)}
        ${one.waiting_since && !closed ? html`<span class="waiting ${urgency(one.waiting_since, now.value, one.due_at)}">${t("timeline.waiting", { time: ago(one.waiting_since, now.value) })}</span>` : ""}
        ${one.due_at && !closed ? html`<span class="waiting wide ${urgency(one.waiting_since ?? one.opened_at, now.value, one.due_at)}">${due(one, now.value)}</span>` : ""}
        ${one.snoozed_until && one.status === "snoozed" ? html`<span class="quiet">${t("timeline.until", { time: shortMoment(one.snoozed_until) })}</span>` : ""}
        ${here() ? html`<span class="badge here">${t("point.here")}</span>` : ""}
        <${Avatars} people=${viewersOf(one.customer.id)} />
      </div>
      ${write ? html`
        <button data-do="assign" onClick=${work.assign} title=${`${t("do.assign")} (a)`} aria-label=${`${t("do.assign")}: ${owner(one)}`}>
          <${Icon} name="user-check" /><span class="wide">${owner(one)}</span>
        </button>
        <button data-do="snooze" class="icon-button wide" onClick=${work.snooze} title=${`${t("do.snooze")} (h)`} aria-label=${t("do.snooze")}><${Icon} name="clock" /></button>
        <button data-do="close" onClick=${work.finish} title=${`${t(closed ? "do.reopen" : "do.close")} (e)`} aria-label=${t(closed ? "do.reopen" : "do.close")}>
          <${Icon} name=${closed ? "undo-2" : "check"} /><span class="wide">${t(closed ? "do.reopen" : "do.close")}</span>
        </button>` : ""}
      <button data-do="more" class="icon-button" onClick=${more} aria-label=${t("do.more")} title=${t("do.more")}><${Icon} name="ellipsis" /></button>
      <button class="icon-button panel-button" onClick=${foldPanel} aria-label=${t("do.panel")} title=${`${t("do.panel")} (])`}><${Icon} name="panel-right" /></button>
    </header>
  `;
}

/** Whether the customer has our page in front of them at this moment. */
const here = () => (customer.value?.contact_points ?? []).some((/** @type {any} */ point) => point.inboxes.some((/** @type {any} */ one) => one.here));

/** @param {any} one */
function owner(one) {
  if (one.assignee?.id === me.value.id) return t("assign.you");
  return one.assignee?.name ?? one.team?.name ?? t("do.assign");
}

function more() {
  const offered = actions().filter((one) => one.group === "working" && one.id !== "undo" || one.id === "date");
  choose({ title: t("do.more"), anchor: document.querySelector('[data-do="more"]'), choices: [...offered, { id: "print", label: t("do.print"), icon: "file-text", run: () => print() }].map(({ id, label, icon, keys, run }) => ({ id, label, icon, keys, run })) });
}

/** Who writes at this moment: the customer, or a colleague to the same customer. */
function Answering() {
  const writing = answering(customer.value?.id);
  if (!writing) return html`<p class="typing"></p>`;
  const said = writing.kind === "operator" ? "typing.colleague" : "typing.customer";
  const name = writing.name || called(customer.value);
  return html`<p class="typing ${writing.kind}" role="status">${word(said, name)}</p>`;
}

/** @param {"typing.colleague" | "typing.customer"} said @param {string} name */
const word = (said, name) => (said === "typing.colleague" ? t("typing.colleague", { name }) : t("typing.customer", { name }));
