// @ts-check
/** Everything of one customer in order, over all channels, and what can be done about it. */

import { html } from "../vendor/htm-preact.js";
import { useLayoutEffect, useRef } from "../vendor/preact-hooks.js";
import { Composer } from "./composer.js";
import { glyph, Icon } from "./icon.js";
import { back } from "./list.js";
import { change, complain, conversation, customer, earlier, entries, loadEarlier, me, now, typing } from "./store.js";
import { activity } from "./sentences.js";
import { ago, clock, day, moment, t, word } from "./words.js";

const GROUP_MS = 5 * 60000;

export function Timeline() {
  const one = conversation.value;
  if (!one) return null;
  const closed = one.status === "closed";
  const mine = one.assignee?.id === me.value.id;
  return html`
    <main class="timeline" aria-label=${t("timeline.label")}>
      <header class="timeline-head">
        <button class="plain back" onClick=${back} aria-label=${t("timeline.back")}><${Icon} name="arrow-left" /></button>
        <div class="title">
          <h1>${one.customer.name || t("customer.unnamed")}</h1>
          <span class="badge ${one.status}">${t(`status.${one.status}`)}</span>
          ${one.waiting_since && !closed ? html`<span class="waiting">${t("timeline.waiting", { time: ago(one.waiting_since, now.value) })}</span>` : ""}
        </div>
        <button onClick=${() => change({ assignee: mine ? null : me.value.id })} title="a">
          <${Icon} name="user-check" /><span class="wide">${mine ? t("action.unassign") : one.assignee ? one.assignee.name : t("action.assign")}</span>
        </button>
        <button onClick=${() => change({ status: closed ? "open" : "closed" })} title="e">
          <${Icon} name=${closed ? "undo-2" : "check"} /><span class="wide">${t(closed ? "action.reopen" : "action.close")}</span>
        </button>
      </header>
      <${Entries} />
      <${Typing} />
      <${Composer} key=${one.id} />
    </main>
  `;
}

function Entries() {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const stuck = useRef(true);
  const height = useRef(0);
  const list = entries.value;
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    if (stuck.current) element.scrollTop = element.scrollHeight;
    else if (height.current) element.scrollTop += element.scrollHeight - height.current;
    height.current = 0;
  }, [list, customer.value?.id]);
  if (list === null) return html`<div class="entries skeleton" aria-busy="true"></div>`;
  const scrolled = () => {
    const element = /** @type {HTMLElement} */ (box.current);
    stuck.current = element.scrollHeight - element.scrollTop - element.clientHeight < 40;
  };
  const more = () => {
    height.current = box.current?.scrollHeight ?? 0;
    stuck.current = false;
    loadEarlier().catch(complain);
  };
  return html`
    <div class="entries" ref=${box} onScroll=${scrolled} role="log" aria-live="polite" tabindex="0">
      ${earlier.value ? html`<button class="more" onClick=${more}>${t("timeline.earlier")}</button>` : ""}
      ${list.map((entry, index) => html`<${Entry} key=${entry.id} entry=${entry} before=${list[index - 1]} />`)}
    </div>
  `;
}

/** @param {{entry: import("./store.js").Entry, before: import("./store.js").Entry | undefined}} props */
function Entry({ entry, before }) {
  const newDay = !before || day(before.recorded_at) !== day(entry.recorded_at);
  const grouped = !newDay && before && before.kind === entry.kind && before.direction === entry.direction
    && before.author?.name === entry.author?.name && before.channel === entry.channel
    && Date.parse(entry.recorded_at) - Date.parse(before.recorded_at) < GROUP_MS;
  return html`
    ${newDay ? html`<div class="day"><span>${day(entry.recorded_at)}</span></div>` : ""}
    ${entry.kind === "activity" ? html`<${Activity} entry=${entry} />` : html`<${Message} entry=${entry} grouped=${grouped} />`}
  `;
}

/** @param {{entry: any}} props */
function Activity({ entry }) {
  const toSelf = entry.data?.assignee && entry.data.assignee.id === entry.author?.id;
  const line = [activity(entry), toSelf ? "" : entry.author?.name, clock(entry.recorded_at)].filter(Boolean).join(" · ");
  return html`<p class="activity" title=${moment(entry.recorded_at)}>${line}</p>`;
}

/** @param {{entry: any, grouped: boolean}} props */
function Message({ entry, grouped }) {
  const side = entry.kind === "note" ? "note" : entry.direction;
  const automatic = entry.author?.kind === "rule" || entry.author?.kind === "integration";
  return html`
    <article class="entry ${side} ${grouped ? "grouped" : ""}">
      ${grouped ? "" : html`
        <header>
          <span class="author">${entry.author?.name || (side === "inbound" ? customer.value?.name || t("customer.unnamed") : t("author.us"))}</span>
          ${automatic ? html`<span class="automatic" title=${t("author.automatic")}><${Icon} name="zap" /><span class="wide">${t("author.automatic")}</span></span>` : ""}
          ${entry.kind === "note" ? html`<span>${t("entry.note")}</span>` : html`<span class="channel"><${Icon} name=${glyph(entry.channel)} />${word("channel", entry.channel ?? "none")}</span>`}
          <time datetime=${entry.recorded_at} title=${moment(entry.recorded_at)}>${clock(entry.recorded_at)}</time>
        </header>
      `}
      <div class="bubble" title=${moment(entry.recorded_at)}>
        ${entry.deleted ? html`<em>${t("entry.deleted")}</em>` : entry.text}
        ${(entry.files ?? []).map((/** @type {any} */ file) => html`<${Attachment} file=${file} />`)}
        ${side === "outbound" ? html`<${Mark} status=${entry.status} />` : ""}
      </div>
    </article>
  `;
}

/** @param {{file: any}} props */
function Attachment({ file }) {
  const picture = /^image\/(png|jpeg|gif|webp)$/.test(file.content_type);
  return html`<a class="file" href=${file.url} target="_blank" rel="noopener">
    ${picture ? html`<img src=${file.url} alt=${file.name} loading="lazy" />` : html`<${Icon} name="file" />${file.name}`}
  </a>`;
}

/** @type {Record<string, string>} */
const MARKS = {
  scheduled: "clock", waiting: "clock", queued: "clock", sending: "clock", sent: "check", delivered: "check-check", read: "check-check",
  failed: "circle-alert", unknown: "circle-alert", cancelled: "x", suppressed: "x",
};

/** @param {{status: string}} props */
function Mark({ status }) {
  if (!MARKS[status]) return null;
  // The no-break space keeps the mark on the line of the last word.
  return html`\u00a0<span class="mark ${status}"><${Icon} name=${MARKS[status]} label=${t(`delivery.${status}`)} />${status === "failed" || status === "unknown" ? t(`delivery.${status}`) : ""}</span>`;
}

function Typing() {
  const seen = typing.value[customer.value?.id];
  if (!seen || seen.until < Date.now()) return html`<p class="typing"></p>`;
  return html`<p class="typing" role="status">${t("typing", { name: seen.name || customer.value.name || t("customer.unnamed") })}</p>`;
}
