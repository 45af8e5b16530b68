// @ts-check
/** The timeline of the customer on screen, in pieces as they were loaded: what windowed drawing needs. */

import { batch, signal } from "../../vendor/preact-signals.js";
import { call, query } from "../api.js";
import { on } from "../live.js";
import { complain } from "../trouble.js";
import { forgetEnd, knownEnd, LENGTH, readEnd } from "./ends.js";

/** @typedef {{id: string, position: number, kind: string, direction: string, text: string, html: string, author: any, status: string, recorded_at: string, occurred_at: string, sort_at: string, conversation_id: string | null, channel: string, inbox_id: string | null, contact_point: any, files: any[], data: any, reactions: any, edited?: boolean, deleted?: boolean, automatic?: boolean, imported?: boolean, pending?: boolean}} Entry */
/** @typedef {{id: number, items: Entry[]}} Piece */

/** So few that a piece is made and laid out within one frame's patience. */
const PAGE = 3;
/** Pieces that are drawn at once: what fits on a screen. The others follow, one a frame. */
const AT_ONCE = 4;
const NEWER = 6;
const LONGEST = 12;

export const pieces = signal(/** @type {Piece[] | null} */ (null));
/** Whether there are older entries than those that are drawn. */
export const hasOlder = signal(false);
/** Whether the newest entry is here: after a jump it may not be. */
export const atEnd = signal(true);
/** An entry to be brought into view. */
export const target = signal(/** @type {string | null} */ (null));
/** The first entry that was not read when the conversation was opened. */
export const newFrom = signal(/** @type {string | null} */ (null));

let customerId = "";
let after = /** @type {string | null} */ (null);
let count = 0;
let turn = 0;
let older = false;
/** Pieces that were loaded together and are shown one a frame; the last one comes first. */
let stock = /** @type {Piece[]} */ ([]);
/** Where entries older than the stock are; null: there are none. */
let beyond = /** @type {string | null} */ (null);
let newer = false;
/** Answers that are under way, and what was heard since they were asked for, which they may not know. */
let underWay = 0;
let heard = /** @type {Entry[]} */ ([]);

/** Who only passes by on the way down the list stays for less. */
const STAYS_MS = 150;
/** A page that nobody looks at has no frames. */
const UNSEEN_MS = 250;
/** The timeline that is being read; what stands beside it can wait. */
let reading = /** @type {Promise<unknown>} */ (Promise.resolve());

/** @param {Entry[]} items */
const piece = (items) => ({ id: ++count, items });

/** @param {Entry[]} items @returns {Piece[]} */
const cut = (items) => (items.length ? [piece(items.slice(0, PAGE)), ...cut(items.slice(PAGE))] : []);

/** @param {Record<string, any>} values */
const page = (values) => call("GET", `/customers/${customerId}/timeline${query(values)}`);

/** Show a customer's timeline from its end; what is at hand is shown within this very call. @param {string} id */
export async function follow(id) {
  customerId = id;
  const known = knownEnd(id);
  if (known?.answer) show(known.answer, true);
  else await (reading = start((known ?? readEnd(id)).asked, true));
  if (!known) return;
  // It was read before it was asked for: something may have come between the two.
  drawn().then(() => customerId === id && atEnd.value && start(readEnd(id).asked, true, true)).catch(complain);
}

export async function followAgain() {
  if (customerId && atEnd.value) await start(readEnd(customerId).asked, true);
}

/** Until the timeline that was asked for is on the screen, and whoever asked has stayed: what stands beside it can wait. */
export async function drawn() {
  await Promise.resolve(reading).catch(() => {});
  await new Promise((done) => (requestAnimationFrame(() => setTimeout(done, STAYS_MS)), setTimeout(done, UNSEEN_MS + STAYS_MS)));
}

/** Show what was said at a time. @param {string} at RFC 3339 @param {string} [entryId] */
export async function jump(at, entryId) {
  await start(page({ limit: LENGTH, around: at }), false);
  const all = every();
  target.value = entryId ?? all.find((one) => one.sort_at >= at)?.id ?? all.at(-1)?.id ?? null;
}

/** @param {Promise<any>} asked @param {boolean} end @param {boolean} [quietly] what is the same stays as it is */
async function start(asked, end, quietly = false) {
  const mine = ++turn;
  if (!underWay) heard = [];
  underWay += 1;
  const answer = await asked.finally(() => (underWay -= 1));
  if (mine !== turn || (quietly && (same(answer.items) || every().some((one) => one.pending)))) return;
  show(answer, end);
  heard.splice(0).forEach(put);
}

/** @param {any} answer a page of the timeline @param {boolean} end whether it ends with the newest entry */
function show(answer, end) {
  turn++;
  const all = cut(answer.items);
  const drawn = end ? all.splice(-AT_ONCE) : all.splice(0);
  stock = all;
  beyond = answer.before;
  batch(() => {
    pieces.value = drawn;
    hasOlder.value = Boolean(stock.length || beyond);
    after = answer.after;
    atEnd.value = end || !after;
  });
}

/** Whether this is what is on the screen already: then nothing has to be drawn anew. @param {Entry[]} items */
const same = (items) => pieces.peek() !== null && JSON.stringify(every().slice(-items.length)) === JSON.stringify(items);

export function clear() {
  turn++;
  stock = [];
  customerId = "";
  reading = Promise.resolve();
  heard = [];
  batch(() => {
    pieces.value = null;
    hasOlder.value = false;
    atEnd.value = true;
    newFrom.value = null;
  });
}

export async function loadOlder() {
  if (older || !hasOlder.value) return;
  older = true;
  const mine = turn;
  try {
    if (!stock.length) {
      const answer = await page({ limit: LENGTH, before: beyond });
      if (mine !== turn) return;
      stock = cut(answer.items);
      beyond = answer.before;
    }
    const next = stock.pop();
    batch(() => {
      if (next) pieces.value = [next, ...(pieces.value ?? [])];
      hasOlder.value = Boolean(stock.length || beyond);
    });
  } catch (error) {
    complain(error);
  } finally {
    older = false;
  }
}

export async function loadNewer() {
  if (newer || atEnd.value || !after) return;
  newer = true;
  const mine = turn;
  try {
    const answer = await page({ limit: NEWER, after });
    if (mine !== turn) return;
    batch(() => {
      if (answer.items.length) pieces.value = [...(pieces.value ?? []), piece(answer.items)];
      after = answer.after ?? after;
      atEnd.value = answer.items.length < NEWER;
    });
  } catch (error) {
    complain(error);
  } finally {
    newer = false;
  }
}

/** Everything that is loaded, oldest first. @returns {Entry[]} */
export const every = () => [...stock, ...(pieces.value ?? [])].flatMap((one) => one.items);
/** The newest entry; undefined on an empty timeline. */
export const last = () => pieces.value?.at(-1)?.items.at(-1);
export const lastPosition = () => every().reduce((most, entry) => (entry.pending ? most : Math.max(most, entry.position)), 0);

/** @param {Entry} a @param {Entry} b */
const inOrder = (a, b) => (a.sort_at === b.sort_at ? a.position - b.position : a.sort_at < b.sort_at ? -1 : 1);

/** What the server has not confirmed yet is shown as it will be; the same words from there take its place. @param {Entry} entry */
function standIn(entry) {
  return every().find((one) => one.pending && one.id !== entry.id && one.kind === entry.kind && entry.author?.id === one.author.id && one.text.trim() === (entry.text ?? "").trim());
}

/** Put one entry in the place of another, or of nothing. @param {string} id @param {Entry | null} entry */
export function replace(id, entry) {
  heard = heard.filter((one) => one.id !== id);
  const here = entry && (every().some((one) => one.id === entry.id) || !every().some((one) => one.id === id));
  pieces.value = (pieces.value ?? []).map((one) => (one.items.some((old) => old.id === id)
    ? { ...one, items: one.items.flatMap((old) => (old.id !== id ? [old] : entry && !here ? [entry] : [])) } : one)).filter((one) => one.items.length);
  if (here) put(entry);
}

/** Show an entry that is new, or has changed. @param {Entry} entry */
export function put(entry) {
  forgetEnd(customerId);
  if (underWay) heard.push(entry);
  const list = pieces.value;
  if (!list) return;
  const awaited = entry.pending ? undefined : standIn(entry);
  if (awaited) return replace(awaited.id, entry);
  const at = list.findIndex((one) => one.items.some((old) => old.id === entry.id));
  if (at >= 0) {
    pieces.value = list.with(at, { ...list[at], items: list[at].items.map((old) => (old.id === entry.id ? { ...old, ...entry } : old)) });
    return;
  }
  const [first] = list[0]?.items ?? [];
  if (hasOlder.value && first && inOrder(entry, first) < 0) {
    // It comes when one scrolls there.
    stock = stock.map((one) => ({ ...one, items: one.items.map((old) => (old.id === entry.id ? { ...old, ...entry } : old)) }));
    return;
  }
  if (!atEnd.value) return;
  const end = list.at(-1);
  if (!end || (end.items.length >= LONGEST && inOrder(/** @type {Entry} */ (end.items.at(-1)), entry) < 0)) {
    pieces.value = [...list, piece([entry])];
  } else {
    pieces.value = list.with(-1, { ...end, items: [...end.items, entry].sort(inOrder) });
  }
}

for (const kind of ["message.", "note.", "activity."]) {
  on(kind, (event) => event.customer_id === customerId && event.data.entry && put(event.data.entry));
}
