// @ts-check
/** The conversations of the view, page by page; what changes is placed anew without loading the list again. */

import { batch, effect, signal } from "../../vendor/preact-signals.js";
import { call, ifThere, query } from "../api.js";
import { on, onReset } from "../live.js";
import { complain } from "../trouble.js";
import { asQuery, belongs, view } from "./view.js";

/** @typedef {{id: string, customer: any, status: string, assignee: any, team: any, priority: number, last_entry: any, unread: number, waiting_since: string | null, due_at: string | null, opened_at: string, snoozed_until: string | null, updated_at: string, channels: string[], labels: string[], inbox_id: string, following?: boolean, followers?: any[], close_reason?: string}} Conversation */

const PAGE = 50;
/** More changes than this at once are cheaper as a new first page. */
const FEW = 6;

export const rows = signal(/** @type {Conversation[] | null} */ (null));
/** The row the keyboard is on. */
export const cursor = signal(/** @type {string | null} */ (null));
let next = /** @type {string | null} */ (null);
let asked = 0;

/**
 * Lists as they were when they were shown last, by what they were asked for: shown at once, and read anew behind.
 * @type {Map<string, {items: Conversation[], next: string | null}>}
 */
const seen = new Map();
const MOST_SEEN = 12;
let loading = false;

/** @param {string | null} from @param {import("./view.js").View} [of] */
const page = (from, of = view.peek()) => call("GET", `/conversations${query({ ...asQuery(of), limit: PAGE, cursor: from })}`);

/** Read a list that is likely to be asked for next. @param {Partial<import("./view.js").View>} change */
export async function readAhead(change) {
  const of = { ...view.peek(), ...change };
  const key = JSON.stringify(asQuery(of));
  if (key === shown || seen.has(key)) return;
  remember(key, await page(null, of));
}

/** @param {string} key @param {{items: Conversation[], next: string | null}} list */
function remember(key, list) {
  seen.delete(key);
  seen.set(key, list);
  if (seen.size > MOST_SEEN) seen.delete(/** @type {string} */ (seen.keys().next().value));
}

/** What was read anew, each as it was where nothing of it changed: so that only what is new is drawn again. @param {Conversation[]} before @param {Conversation[]} items */
function unchanged(before, items) {
  const known = new Map(before.map((one) => [one.id, one]));
  const next = items.map((one) => (JSON.stringify(known.get(one.id)) === JSON.stringify(one) ? /** @type {Conversation} */ (known.get(one.id)) : one));
  return next.length === before.length && next.every((one, at) => one === before[at]) ? before : next;
}

export async function load() {
  const turn = ++asked;
  try {
    const answer = await page(null);
    if (turn !== asked) return;
    // What was loaded beyond the first page is loaded again when it is scrolled to.
    batch(() => {
      rows.value = unchanged(rows.peek() ?? [], answer.items);
      next = answer.next;
    });
  } catch (error) {
    complain(error);
  }
}

export async function loadMore() {
  if (!next || loading) return;
  loading = true;
  const turn = asked;
  try {
    const answer = await page(next);
    if (turn !== asked) return;
    const known = new Set(rows.value?.map((one) => one.id));
    rows.value = [...(rows.value ?? []), ...answer.items.filter((/** @type {any} */ one) => !known.has(one.id))];
    next = answer.next;
  } catch (error) {
    complain(error);
  } finally {
    loading = false;
  }
}

/** @param {Conversation} a @param {Conversation} b */
function compare(a, b) {
  if (view.value.sort !== "updated") {
    const by = view.value.sort === "due" ? "due_at" : "waiting_since";
    const [left, right] = [a[by] ?? "9", b[by] ?? "9"];
    if (left !== right) return left < right ? -1 : 1;
  }
  if (a.updated_at !== b.updated_at) return a.updated_at > b.updated_at ? -1 : 1;
  return a.id > b.id ? -1 : 1;
}

/** Put a conversation where it belongs now, or take it out. @param {Conversation} row */
export function settle(row) {
  const list = rows.value;
  if (!list) return;
  const others = list.filter((one) => one.id !== row.id);
  if (belongs(row)) {
    const at = others.findIndex((one) => compare(row, one) < 0);
    if (at >= 0) others.splice(at, 0, row);
    else if (!next) others.push(row);
  }
  rows.value = others;
  for (const list of seen.values()) list.items = list.items.map((one) => (one.id === row.id ? row : one));
}

/** Change a row where it stands: it moves when the server says so. @param {Conversation} row */
export function redraw(row) {
  rows.value = rows.value?.map((one) => (one.id === row.id ? row : one)) ?? null;
}

const touched = new Set();
/** @type {((row: Conversation) => void)[]} */
const watchers = [];
let settling = 0;

/** Hear of every conversation that was read anew. @param {(row: Conversation) => void} hear */
export const onSettled = (hear) => watchers.push(hear);

/** @param {string | null} id of a conversation that changed */
function touch(id) {
  if (!id) return;
  touched.add(id);
  settling ||= setTimeout(refresh, 40);
}

async function refresh() {
  const ids = [...touched];
  touched.clear();
  settling = 0;
  try {
    const many = ids.length > FEW;
    if (many) await load();
    const found = many ? (rows.value ?? []).filter((one) => ids.includes(one.id)) : await Promise.all(ids.map((id) => ifThere(`/conversations/${id}`)));
    batch(() => found.filter(Boolean).forEach((row) => {
      if (!many) settle(row);
      watchers.forEach((hear) => hear(row));
    }));
  } catch (error) {
    complain(error);
  }
}

let shown = "";
effect(() => {
  const wanted = JSON.stringify(asQuery(view.value));
  if (wanted === shown) return;
  // The very first page is loaded when the operator is known.
  const first = !shown;
  if (rows.peek()) remember(shown, { items: rows.peek() ?? [], next });
  shown = wanted;
  if (first) return;
  const known = seen.get(wanted);
  next = known?.next ?? null;
  rows.value = known ? known.items.filter(belongs) : null;
  load();
});

on("conversation.", (event) => touch(event.conversation_id));
on("message.", (event) => touch(event.conversation_id));
on("note.", (event) => touch(event.conversation_id));
onReset(() => {
  seen.clear();
  return load();
});
