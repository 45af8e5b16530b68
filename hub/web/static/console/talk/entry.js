// @ts-check
/** One entry of the timeline as it is read: days, groups of bubbles, notes, folded activities. */

import { Fragment } from "../../vendor/preact.js";
import { html } from "../../vendor/htm-preact.js";
import { useState } from "../../vendor/preact-hooks.js";
import { called } from "../person/address.js";
import { glyph, Icon } from "../shell/icon.js";
import { inboxes, inboxName } from "../session.js";
import { activity } from "../sentences.js";
import { clock, day, moment, t, word } from "../words.js";
import { Answered } from "./answered.js";
import { Buttons } from "./buttons.js";
import { customer } from "./opened.js";
import { newFrom } from "./entries.js";
import { Files } from "./files.js";
import { Mail } from "./mail.js";
import { Deeds } from "./deeds.js";
import { Edited, Mark, Outcome } from "./delivery.js";
import { Doubts } from "./doubts.js";
import { endingIn, Prose } from "./prose.js";
import { Reactions } from "./reactions.js";
import { Rich } from "./rich.js";
import { Scheduled } from "./scheduled.js";
import { CameBy, card } from "./things.js";

/** @typedef {import("./entries.js").Entry} Entry */

const GROUP_MS = 5 * 60000;

/** @param {{items: Entry[], prior: Entry | undefined}} props */
export function Entries({ items, prior }) {
  return runs(items).map((run, index, all) => {
    const before = index ? all[index - 1].at(-1) : prior;
    const [first] = run;
    return html`<${Fragment} key=${first.id}>
      ${!before || dayOf(before) !== dayOf(first) ? html`<div class="day"><span>${day(first.sort_at)}</span></div>` : ""}
      ${newFrom.value === first.id ? html`<div class="day new"><span>${t("timeline.new")}</span></div>` : ""}
      ${first.kind === "activity" ? html`<${Activities} run=${run} />` : html`<${Message} entry=${first} grouped=${together(before, first)} />`}
    <//>`;
  });
}

/** @param {Entry} entry */
const dayOf = (entry) => new Date(entry.sort_at).toDateString();

/** Activities of one day that follow each other are one. @param {Entry[]} items @returns {Entry[][]} */
function runs(items) {
  /** @type {Entry[][]} */
  const found = [];
  for (const entry of items) {
    const last = found.at(-1);
    if (entry.kind === "activity" && last?.[0].kind === "activity" && dayOf(last[0]) === dayOf(entry)) last.push(entry);
    else found.push([entry]);
  }
  return found;
}

/** @param {Entry | undefined} before @param {Entry} entry */
function together(before, entry) {
  return Boolean(before) && before?.kind === entry.kind && before.direction === entry.direction && before.channel === entry.channel && dayOf(before) === dayOf(entry)
    && before.author?.name === entry.author?.name && before.author?.kind === entry.author?.kind
    && before.inbox_id === entry.inbox_id && !isMail(entry) && Date.parse(entry.sort_at) - Date.parse(before.sort_at) < GROUP_MS;
}

/** @param {Entry} entry */
const isMail = (entry) => entry.channel === "email";

/** @param {{run: Entry[]}} props */
function Activities({ run }) {
  const [open, setOpen] = useState(false);
  const last = run[run.length - 1];
  if (run.length < 3) return run.map((entry) => html`<${Activity} key=${entry.id} entry=${entry} />`);
  return html`
    ${open ? run.slice(0, -1).map((entry) => html`<${Activity} key=${entry.id} entry=${entry} />`) : html`
      <p class="activity"><button class="plain link" onClick=${() => setOpen(true)}>${t("activity.more", { count: run.length - 1 })}</button></p>`}
    <${Activity} entry=${last} />
  `;
}

/** @param {{entry: Entry}} props */
function Activity({ entry }) {
  const toSelf = entry.data?.assignee && entry.data.assignee.id === entry.author?.id;
  const line = [activity(entry), toSelf ? "" : entry.author?.name, clock(entry.sort_at)].filter(Boolean).join(" · ");
  return html`<p class="activity" data-entry=${entry.id} title=${moment(entry.sort_at)}>${line}</p>`;
}

/** @param {{entry: Entry, grouped: boolean}} props */
function Message({ entry, grouped }) {
  const side = entry.kind === "note" ? "note" : entry.direction;
  const body = isMail(entry) && !entry.deleted && entry.kind !== "note" ? html`<${Mail} entry=${entry} />` : html`<${Bubble} entry=${entry} side=${side} />`;
  return html`
    <article class="entry ${side} ${entry.status === "cancelled" ? "cancelled" : ""} ${grouped ? "grouped" : ""} ${isMail(entry) ? "mail" : ""}" data-entry=${entry.id}>
      ${grouped ? "" : html`<${Byline} entry=${entry} side=${side} />`}
      ${body}
      <${CameBy} entry=${entry} />
      <${Doubts} entry=${entry} />
      <${Reactions} entry=${entry} />
      ${side === "outbound" ? html`<${Outcome} entry=${entry} /><${Scheduled} entry=${entry} />` : ""}
      <${Deeds} entry=${entry} />
    </article>
  `;
}

/** @param {{entry: Entry, side: string}} props */
function Byline({ entry, side }) {
  const automatic = entry.author?.kind === "rule" || entry.author?.kind === "integration";
  const several = inboxes.value.filter((one) => one.channel === entry.channel).length > 1;
  const who = entry.author?.name || (side === "inbound" ? called(customer.value) : t("author.us"));
  return html`
    <header>
      <span class="author">${who}</span>
      ${automatic ? html`<span class="automatic" title=${t("author.automatic")}><${Icon} name="zap" /><span class="wide">${t("author.automatic")}</span></span>` : ""}
      ${entry.kind === "note" ? html`<span>${t("entry.note")}</span>` : html`<span class="channel"><${Icon} name=${glyph(entry.channel)} />${several ? inboxName(entry.inbox_id) || word("channel", entry.channel || "none") : word("channel", entry.channel || "none")}</span>`}
      ${entry.imported ? html`<span>${t("entry.imported")}</span>` : ""}
      <time datetime=${entry.sort_at} title=${moment(entry.sort_at)}>${clock(entry.sort_at)}</time>
    </header>
  `;
}

/** @param {{entry: Entry, side: string}} props */
function Bubble({ entry, side }) {
  if (entry.deleted) return html`<div class="bubble"><em>${t("entry.deleted")}</em></div>`;
  const bare = entry.data?.kind === "sticker" && entry.files?.length;
  return html`
    <div class="bubble ${bare ? "bare" : ""}" onPointerEnter=${(/** @type {any} */ event) => (event.currentTarget.title = moment(entry.sort_at))}>
      <${Answered} entry=${entry} />
      <${Files} files=${entry.files} kind=${entry.data?.kind} label=${entry.text} />
      ${bare ? html`<${Marks} entry=${entry} />` : (card(entry) ?? html`<${Said} entry=${entry} />`)}
      <${Buttons} entry=${entry} />
    </div>
  `;
}

/** @param {{entry: Entry}} props */
const Marks = ({ entry }) => html`<${Edited} entry=${entry} />${entry.direction === "outbound" ? html`<${Mark} entry=${entry} />` : ""}`;

/** The words, and what became of them. @param {{entry: Entry}} props */
function Said({ entry }) {
  const marked = entry.direction === "outbound" || entry.edited;
  if (entry.html) return html`<div class="said rich"><${Rich} source=${entry.html} files=${entry.files} /><${Marks} entry=${entry} /></div>`;
  if (!entry.text && !marked) return null;
  // The last word and the mark are one: so the mark is never alone on a line.
  const [head, tail] = endingIn(entry.text);
  return html`<span class="said"><${Prose} text=${marked ? head : entry.text} />${marked ? html`<span class="tail"><${Prose} text=${tail} /><${Marks} entry=${entry} /></span>` : ""}</span>`;
}
