// @ts-check
/** The list of conversations: who, one line of what, when, channel, how long they wait; only what is seen is drawn. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useLayoutEffect, useRef, useState } from "../../vendor/preact-hooks.js";
import { glyph, Icon } from "../shell/icon.js";
import { Avatars } from "../shell/avatar.js";
import { Divider } from "../shell/panes.js";
import { search } from "../shell/find.js";
import { address } from "../route.js";
import { inboxes, initials, may, me, now, operators, teams } from "../session.js";
import { viewersOf } from "../presence.js";
import { called } from "../person/address.js";
import { lookAhead, readAhead as readEnds } from "../talk/ends.js";
import { open, selected } from "../talk/opened.js";
import { activity, due } from "../sentences.js";
import { ago, number, t, word } from "../words.js";
import { list as shownList, step, to } from "./moving.js";
import { narrow, order, pickView } from "./choosing.js";
import { complain } from "../trouble.js";
import { cursor, loadMore, readAhead, rows } from "./rows.js";
import { counts, narrowed, savedViews, show, STATUSES, tally, view } from "./view.js";
import { slots } from "./slots.js";
import { urgency } from "./urgency.js";

const ROW = 64;
const SPARE = 4;
/** Conversations that are read before somebody opens them, once the list has stood still for a while. */
const MOST_AHEAD = 16;
const QUIET_MS = 200;

export function List() {
  const alone = !selected.value;
  const { whose, status, saved } = view.value;
  return html`
    <section class="list" role=${alone ? "main" : undefined} aria-label=${t("list.label")}>
      <header class="list-head">
        <button class="plain view-button" data-do="view" onClick=${pickView} aria-haspopup="dialog">
          <h1>${viewName()}</h1> ${counts.value && !saved ? html`<span class="count">${number(tally(whose, status || "open"))}</span>` : ""}<${Icon} name="chevron-down" />
        </button>
        <button class="icon-button" onClick=${search} aria-label=${t("do.search")} title=${`${t("do.search")} (/)`}><${Icon} name="search" /></button>
        <button class="icon-button ${narrowed.value.length ? "on" : ""}" data-do="narrow" onClick=${narrow} aria-label=${t("list.narrow")} title=${t("list.narrow")}><${Icon} name="list-filter" /></button>
        <button class="icon-button" data-do="order" onClick=${order} aria-label=${t("list.order")} title=${t("list.order")}><${Icon} name="arrow-up-down" /></button>
      </header>
      <div class="tabs" role="group" aria-label=${t("list.status")}>
        ${STATUSES.map((one) => html`<button aria-pressed=${status === one ? "true" : "false"} onPointerEnter=${() => readAhead({ status: one, saved: "" }).catch(complain)} onClick=${() => show({ status: one })}>${t(`statuses.${one}`)}</button>`)}
      </div>
      ${narrowed.value.length ? html`<p class="narrowed">${narrowed.value.map((name) => html`<button class="chip" onClick=${() => show({ [name]: name === "unread" ? false : "" })} aria-label=${t("list.widen", { name: chip(name) })}>${chip(name)}<${Icon} name="x" /></button>`)}</p>` : ""}
      <${Rows} />
      <${Divider} pane="list" />
    </section>
  `;
}

function viewName() {
  const { whose, saved } = view.value;
  if (saved) return savedViews.value?.find((one) => one.id === saved)?.name ?? t("whose.all");
  if (["all", "me", "none"].includes(whose)) return t(`whose.${whose}`);
  return teams.value.find((one) => one.id === whose)?.name ?? t("whose.all");
}

/** @param {string} name */
function chip(name) {
  const value = String(view.value[/** @type {"label"} */ (name)]);
  if (name === "unread") return t("list.unread");
  return name === "channel" ? word("channel", value) : value;
}

function Rows() {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(900);
  const drawn = useRef(/** @type {Map<string, number>} */ (new Map()));
  const all = rows.value;
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const watcher = new ResizeObserver(() => setHeight(element.clientHeight));
    watcher.observe(element);
    shownList.show = (index, focus) => reveal(element, index, focus);
    return () => watcher.disconnect();
  }, [all === null, all?.length === 0]);
  const first = Math.max(0, Math.floor(top / ROW) - SPARE);
  const last = Math.ceil((top + height) / ROW) + SPARE;
  useEffect(() => {
    if (all && last > all.length - 30) loadMore();
  }, [last, all?.length]);
  const near = (all ?? []).slice(first, last);
  // Nor does anybody wait for another state of the same list.
  useEffect(() => {
    const wait = setTimeout(() => readStates().catch(complain), QUIET_MS);
    return () => clearTimeout(wait);
  }, [view.value, all === null]);
  // Whoever works down the list opens what is seen next.
  useEffect(() => {
    const wait = setTimeout(() => readEnds(likely(near)), QUIET_MS);
    return () => clearTimeout(wait);
  }, [near.map((one) => one.id + one.updated_at).join(), selected.value]);
  if (all === null) return html`<div class="rows skeleton" aria-busy="true">${[1, 2, 3, 4, 5].map((one) => html`<div class="row" key=${one}></div>`)}</div>`;
  if (!all.length) return html`<${Empty} />`;
  const current = all.some((one) => one.id === cursor.value) ? cursor.value : selected.value || all[0].id;
  drawn.current = slots(drawn.current, near.map((one) => one.id), cursor.value);
  return html`
    <div class="rows" ref=${box} onScroll=${(/** @type {any} */ event) => setTop(Math.floor(event.target.scrollTop / ROW) * ROW)} onKeyDown=${walk}>
      <div class="rows-all" style=${{ height: `${all.length * ROW}px` }}>
        ${near.map((one, index) => html`<${Row} key=${drawn.current.get(one.id)} one=${one} at=${first + index} tab=${one.id === current} chosen=${selected.value === one.id} />`)}
      </div>
    </div>
  `;
}

/** The list in every state it can be shown in, one after the other. */
async function readStates() {
  for (const status of STATUSES) await readAhead({ status, saved: "" });
}

/** Whose words are likely to be wanted: the next row, then the others from the top. @param {import("./rows.js").Conversation[]} near @returns {string[]} customers */
function likely(near) {
  const at = near.findIndex((one) => one.id === selected.peek());
  return [...near.slice(at + 1), ...near.slice(0, at + 1)].slice(0, MOST_AHEAD).map((one) => one.customer.id);
}

/** @param {KeyboardEvent} event */
function walk(event) {
  const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
  if (by) step(by);
  else if (event.key === "Home") to(0, 0);
  else if (event.key === "End") to(Infinity, 0);
  else return;
  event.preventDefault();
}

/** Scroll to a row; draw it, then give it the focus. @param {HTMLElement} element @param {number} index @param {boolean} focus */
function reveal(element, index, focus) {
  const top = index * ROW;
  if (top < element.scrollTop) element.scrollTop = top;
  else if (top + ROW > element.scrollTop + element.clientHeight) element.scrollTop = top + ROW - element.clientHeight;
  if (focus) requestAnimationFrame(() => requestAnimationFrame(() => /** @type {HTMLElement | null} */ (element.querySelector(`[data-at="${index}"]`))?.focus()));
}

function Empty() {
  const { status, whose } = view.value;
  // Who is signed in is among the operators, once they are read.
  if (operators.value.length && !inboxes.value.length && may("inboxes:admin")) return html`<p class="hint">${t("inboxes.none")} <a href=${address("settings", "inboxes")}>${t("inboxes.add")}</a></p>`;
  if (narrowed.value.length || !["all", "me", "none"].includes(whose)) return html`<p class="hint">${t("list.empty.narrowed")}</p>`;
  if (whose === "me" && status === "open") return html`<p class="hint">${t("list.empty.mine")} <button class="plain link" onClick=${() => show({ whose: "none" })}>${t("list.empty.take")}</button></p>`;
  return html`<p class="hint">${t(`list.empty.${status || "open"}`)}</p>`;
}

/** @param {{one: import("./rows.js").Conversation, at: number, tab: boolean, chosen: boolean}} props */
function Row({ one, at, tab, chosen }) {
  const last = one.last_entry;
  const waiting = one.waiting_since && one.status !== "closed" ? one.waiting_since : null;
  const channel = last?.channel || one.channels[0] || "none";
  return html`
    <button class="row ${one.unread ? "unread" : ""}" data-conversation=${one.id} data-at=${at} tabindex=${tab ? 0 : -1} style=${{ transform: `translateY(${at * ROW}px)` }}
      aria-current=${chosen ? "true" : undefined} onFocus=${() => (cursor.value = one.id)} onPointerEnter=${() => lookAhead(one.customer.id)} onClick=${() => open(one)}>
      <span class="row-top">
        <span class="who">${called(one.customer)}</span>
        ${one.priority > 2 ? html`<span class="priority-${one.priority}"><${Icon} name="flag" label=${t(`priority.${one.priority}`)} /></span>` : ""}
        <${Avatars} people=${viewersOf(one.customer.id)} />
        <time class="when" datetime=${one.updated_at}>${ago(one.updated_at, now.value)}</time>
      </span>
      <span class="row-bottom">
        <${Icon} name=${glyph(channel)} label=${word("channel", channel)} />
        <span class="what">${last?.direction === "outbound" ? html`<span class="you">${t("list.us")}</span> ` : ""}${preview(last)}</span>
        ${one.unread ? html`<span class="unread-count" title=${t("list.unreadCount", { count: one.unread })}>${one.unread}</span>` : ""}
        ${waiting ? html`<span class="waiting ${urgency(waiting, now.value, one.due_at)}" title=${[t("list.waiting"), due(one, now.value)].filter(Boolean).join(" · ")}><${Icon} name="clock" />${ago(waiting, now.value)}</span>` : ""}
        ${one.assignee ? html`<span class="assignee" title=${one.assignee.name}>${one.assignee.id === me.value.id ? t("list.you") : initials(one.assignee.name)}</span>` : one.team ? html`<span class="assignee" title=${one.team.name}><${Icon} name="users" label=${one.team.name} /></span>` : ""}
      </span>
    </button>
  `;
}

/** What has no words of its own. @param {string | undefined} kind */
const without = (kind) => (kind === "voice" ? t("file.voice") : kind === "video_note" ? t("file.videoNote") : "");

/** @param {any} entry */
function preview(entry) {
  if (!entry) return "";
  if (entry.deleted) return t("entry.deleted");
  if (entry.kind === "activity") return activity(entry);
  return entry.text || without(entry.data?.kind) || (entry.file_count ? t("entry.files", { count: entry.file_count }) : "");
}

