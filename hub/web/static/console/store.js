// @ts-check
/** What the console knows and what an operator can do: signals, filled by the API and kept by the live socket. */

import { batch, computed, signal } from "../vendor/preact-signals.js";
import { call, Problem, query } from "./api.js";
import { follow } from "./live.js";
import { t } from "./words.js";

/** @typedef {{id: string, customer: any, status: string, assignee: any, last_entry: any, unread: number, waiting_since: string | null, updated_at: string, channels: string[], labels: string[]}} Conversation */
/** @typedef {{id: string, position: number, kind: string, direction: string | null, text: string, author: any, status: string | null, recorded_at: string, occurred_at: string, conversation_id: string | null, channel: string | null, files: any[], data?: any}} Entry */

export const me = signal(/** @type {any} */ (null));
export const view = signal({ status: "open", assignee: "" });
export const conversations = signal(/** @type {Conversation[] | null} */ (null));
export const counts = signal(/** @type {any} */ ({}));
export const selected = signal(/** @type {string | null} */ (null));
export const customer = signal(/** @type {any} */ (null));
export const orders = signal(/** @type {any[]} */ ([]));
export const decisions = signal(/** @type {any[]} */ ([]));
export const entries = signal(/** @type {Entry[] | null} */ (null));
export const earlier = signal(/** @type {string | null} */ (null));
export const online = signal(true);
export const trouble = signal(/** @type {{text: string, remedy: string} | null} */ (null));
export const meanwhile = signal(/** @type {Entry[]} */ ([]));
export const typing = signal(/** @type {Record<string, {name: string, until: number}>} */ ({}));
export const now = signal(Date.now());
export const conversation = computed(() => conversations.value?.find((one) => one.id === selected.value) ?? opened.value);
const opened = signal(/** @type {Conversation | null} */ (null));

let live = /** @type {{send: (frame: any) => void}} */ ({ send() {} });

/** @param {unknown} error */
export function complain(error) {
  if (!(error instanceof Problem)) console.error(error);
  const problem = error instanceof Problem;
  trouble.value = { text: problem ? error.message : t("trouble.network"), remedy: problem ? error.remedy : "" };
}

export async function start() {
  live = follow({ event: happened, reset: reload, state: (up) => (online.value = up) });
  setInterval(() => (now.value = Date.now()), 15000);
}

async function reload() {
  await Promise.all([loadList(), customer.value ? loadCustomer(customer.value.id) : null]);
}

export async function loadList() {
  const asked = view.value;
  try {
    const [page, tally] = await Promise.all([
      call("GET", `/conversations${query({ ...asked, limit: 50 })}`),
      call("GET", "/conversations/counts"),
    ]);
    if (asked !== view.value) return;
    batch(() => {
      conversations.value = page.items;
      counts.value = tally;
    });
  } catch (error) {
    complain(error);
  }
}

/** @param {{status?: string, assignee?: string}} change */
export function show(change) {
  view.value = { ...view.value, ...change };
  conversations.value = null;
  loadList();
}

/** @param {Conversation} one */
export async function open(one) {
  const customerId = one.customer.id;
  const same = customer.value?.id === customerId;
  batch(() => {
    selected.value = one.id;
    opened.value = one;
    meanwhile.value = [];
    if (!same) {
      customer.value = one.customer;
      entries.value = null;
    }
  });
  await Promise.all([same ? null : loadCustomer(customerId), markRead(one)]);
}

export function leave() {
  selected.value = null;
  opened.value = null;
}

/** @param {string} id */
async function loadCustomer(id) {
  try {
    const [record, page, pushed, reasons] = await Promise.all([
      call("GET", `/customers/${id}`),
      call("GET", `/customers/${id}/timeline?limit=50`),
      call("GET", `/orders${query({ customer: id, limit: 20 })}`),
      call("GET", `/decisions${query({ customer: id, limit: 20 })}`),
    ]);
    if (customer.value?.id !== id) return;
    batch(() => {
      customer.value = record;
      entries.value = page.items;
      earlier.value = page.before;
      orders.value = pushed.items;
      decisions.value = reasons.items;
    });
  } catch (error) {
    complain(error);
  }
}

export async function loadEarlier() {
  const id = customer.value?.id;
  if (!id || !earlier.value) return;
  const page = await call("GET", `/customers/${id}/timeline${query({ limit: 50, before: earlier.value })}`);
  if (customer.value?.id !== id) return;
  batch(() => {
    entries.value = [...page.items, ...(entries.value ?? [])];
    earlier.value = page.before;
  });
}

/** @param {Conversation} one */
async function markRead(one) {
  if (!one.unread) return;
  replaceRow({ ...one, unread: 0 });
  await call("POST", `/conversations/${one.id}/read`).catch(complain);
}

/** @param {Conversation} row */
function replaceRow(row) {
  conversations.value = conversations.value?.map((one) => (one.id === row.id ? row : one)) ?? null;
  if (opened.value?.id === row.id) opened.value = row;
}

/**
 * Send a message or note to the customer on screen. Returns false when a colleague answered meanwhile.
 * What the colleague wrote is on screen then, so sending again is an answer to that as well.
 * @param {{text: string, note: boolean, key: string}} draft
 */
export async function send({ text, note, key }) {
  const id = customer.value.id;
  const body = note
    ? { text, conversation_id: selected.value }
    : { text, conversation_id: selected.value, in_reply_to_position: lastPosition() };
  try {
    const answer = await call("POST", `/customers/${id}/${note ? "notes" : "messages"}`, body, { key });
    const entry = note ? answer : answer.message;
    if (customer.value?.id === id) put(entry);
    meanwhile.value = [];
    trouble.value = null;
    return true;
  } catch (error) {
    if (error instanceof Problem && error.status === 409 && error.body.missing) {
      error.body.missing.forEach(put);
      meanwhile.value = error.body.missing;
    } else {
      complain(error);
    }
    return false;
  }
}

const lastPosition = () => Math.max(0, ...(entries.value ?? []).map((entry) => entry.position));

/** @param {Record<string, any>} change */
export async function change(change) {
  const id = selected.value;
  if (!id) return;
  try {
    replaceRow(await call("PATCH", `/conversations/${id}`, change));
    loadList();
  } catch (error) {
    complain(error);
  }
}

/** @param {string} deliveryId */
export async function retry(deliveryId) {
  await call("POST", `/deliveries/${deliveryId}/retry`, {}).catch(complain);
}

export function tellTyping() {
  if (customer.value) live.send({ type: "typing", customer_id: customer.value.id });
}

/** @param {Entry} entry */
function put(entry) {
  const list = entries.value;
  if (!list) return;
  const at = list.findIndex((one) => one.id === entry.id);
  if (at >= 0) {
    entries.value = list.map((one) => (one.id === entry.id ? entry : one));
  } else {
    entries.value = [...list, entry].sort((a, b) => a.position - b.position);
  }
}

let listLater = 0;
/** Many events at once are one reload. */
function refreshList() {
  clearTimeout(listLater);
  listLater = setTimeout(loadList, 60);
}

/** @param {any} event */
function happened(event) {
  const ours = customer.value && event.customer_id === customer.value.id;
  if (event.type === "typing") return typed(event);
  if (event.type.startsWith("message.") || event.type.startsWith("note.") || event.type.startsWith("activity.")) {
    if (ours && event.data.entry) put(event.data.entry);
    if (event.type.endsWith(".created")) refreshList();
    if (ours && event.type === "message.created" && document.hasFocus() && conversation.value?.id === event.conversation_id) {
      markRead({ ...conversation.value, unread: 1 });
    }
  } else if (event.type.startsWith("conversation.")) {
    refreshList();
  } else if (event.type === "customer.reshaped" || event.type.startsWith("order.") || event.type === "customer.updated") {
    if (ours) loadCustomer(customer.value.id);
  }
}

/** @param {any} event */
function typed(event) {
  const name = event.data?.name ?? "";
  typing.value = { ...typing.value, [event.customer_id]: { name, until: Date.now() + 5000 } };
  setTimeout(() => (typing.value = { ...typing.value }), 5100);
}
