// @ts-check
/** The conversation on screen, its customer, and what is done to it. */

import { batch, computed, effect, signal } from "../../vendor/preact-signals.js";
import { call, ifThere } from "../api.js";
import { on, onReset } from "../live.js";
import { go, place } from "../route.js";
import { now } from "../session.js";
import { complain, lost, offerUndo } from "../trouble.js";
import { redraw, rows, settle, onSettled } from "../inbox/rows.js";
import { clear, drawn, every, follow, followAgain, newFrom } from "./entries.js";

/** @typedef {import("../inbox/rows.js").Conversation} Conversation */

export const conversation = signal(/** @type {Conversation | null} */ (null));
export const customer = signal(/** @type {any} */ (null));
export const selected = computed(() => (place.value.page === "inbox" ? place.value.id : ""));

/** @param {{id: string}} one */
export function open(one) {
  go("inbox", one.id);
}

export function leave() {
  go("inbox");
}

/** @param {string} id */
async function enter(id) {
  const known = rows.peek()?.find((one) => one.id === id) ?? null;
  try {
    const one = known ?? (await call("GET", `/conversations/${id}`));
    if (selected.peek() !== id) return;
    const same = customer.peek()?.id === one.customer.id;
    await begin(one, same);
    // What stands beside the words comes after them, and only for who stays.
    await drawn();
    if (selected.peek() !== id) return;
    await Promise.all([same ? null : loadCustomer(one.customer.id), known ? refresh(id) : null]);
    if (selected.peek() === id) markRead();
  } catch (error) {
    if (selected.peek() === id) lost(error, "inbox");
  }
}

/** In one stroke where the words are at hand. @param {Conversation} one @param {boolean} same customer as before */
const begin = (one, same) => batch(() => {
  conversation.value = one;
  if (same) return null;
  clear();
  customer.value = one.customer;
  return load(one);
});

/** @param {Conversation} one */
async function load(one) {
  await follow(one.customer.id);
  if (one.unread) newFrom.value = every().filter((entry) => entry.direction === "inbound" && entry.conversation_id === one.id).at(-one.unread)?.id ?? null;
}

/** What the list does not tell: who follows, why it was closed. @param {string} id */
async function refresh(id) {
  const fresh = await call("GET", `/conversations/${id}`);
  if (conversation.value?.id === id) conversation.value = { ...fresh, unread: conversation.value.unread };
}

/** @param {string} id */
export async function loadCustomer(id) {
  const record = await ifThere(`/customers/${id}`);
  if (record && customer.value?.id === id) customer.value = record;
}

effect(() => {
  const id = selected.value;
  if (id && id !== conversation.peek()?.id) enter(id);
  if (!id) conversation.value = null;
});

/** @type {(() => void)[]} */
const readers = [];
/** Hear of everything that has been read here. @param {() => void} hear */
export const onRead = (hear) => readers.push(hear);

/** Seen by an operator who is really there. */
export function markRead() {
  const one = conversation.value;
  if (!one?.unread || !document.hasFocus()) return;
  replace({ ...one, unread: 0 });
  call("POST", `/conversations/${one.id}/read`).then(() => readers.forEach((hear) => hear())).catch(complain);
}

export async function markUnread() {
  const one = conversation.value;
  if (!one) return;
  await call("POST", `/conversations/${one.id}/unread`);
  leave();
  settle({ ...one, unread: 1 });
}

/** @param {Conversation} row */
function replace(row) {
  if (conversation.value?.id === row.id) conversation.value = row;
  redraw(row);
}

/**
 * Change the conversation on screen, at once on the screen and then on the server.
 * @param {Record<string, any>} patch @param {string} [said] what can be undone, for a sentence beside the button
 */
export async function change(patch, said = "") {
  const was = conversation.value;
  if (!was) return;
  const back = opposite(was, patch);
  try {
    const row = await call("PATCH", `/conversations/${was.id}`, patch);
    if (conversation.value?.id === row.id) conversation.value = row;
    settle(row);
    if (said) offerUndo(said, async () => settleBoth(await call("PATCH", `/conversations/${was.id}`, back)));
  } catch (error) {
    complain(error);
  }
}

/** On screen and in the list. @param {Conversation} row */
export function settleBoth(row) {
  if (conversation.value?.id === row.id) conversation.value = row;
  settle(row);
}

/** @param {Conversation} was @param {Record<string, any>} patch */
function opposite(was, patch) {
  /** @type {Record<string, any>} */
  const all = { status: was.status, assignee: was.assignee?.id ?? null, team: was.team?.id ?? null, priority: was.priority, labels: was.labels };
  const back = Object.fromEntries(Object.keys(patch).filter((name) => name in all).map((name) => [name, all[name]]));
  if ("snoozed_until" in patch) Object.assign(back, was.snoozed_until ? { snoozed_until: was.snoozed_until } : { status: was.status });
  // A snoozed conversation wakes by its own time, which the status alone would not bring back.
  if (back.status === "snoozed") return { ...back, status: undefined, snoozed_until: was.snoozed_until };
  return back;
}

/** @param {boolean} wanted */
export async function followIt(wanted) {
  const one = conversation.value;
  if (!one) return;
  try {
    await call(wanted ? "PUT" : "DELETE", `/conversations/${one.id}/follow`);
    await refresh(one.id);
  } catch (error) {
    complain(error);
  }
}

onSettled((row) => {
  if (conversation.value?.id !== row.id) return;
  conversation.value = row;
  markRead();
});

on("customer.", (event) => {
  if (!customer.value || event.customer_id !== customer.value.id) return;
  loadCustomer(event.customer_id).catch(complain);
  if (event.type === "customer.reshaped") followAgain().catch(complain);
});

onReset(() => {
  followAgain().catch(complain);
  if (customer.value) loadCustomer(customer.value.id).catch(complain);
});

addEventListener("focus", markRead);
addEventListener("focus", () => (now.value = Date.now()));

/** From an earlier day back to the newest entries. */
export async function showEnd() {
  if (customer.value) await follow(customer.value.id);
}
