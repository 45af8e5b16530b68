// @ts-check
/** Who is here: which colleague looks at which customer, and who is writing at this moment. */

import { effect, signal } from "../vendor/preact-signals.js";
import { ifThere } from "./api.js";
import { on, onOpen, tell } from "./live.js";
import { me } from "./session.js";
import { complain } from "./trouble.js";
import { customer, selected } from "./talk/opened.js";

/** @typedef {{id: string, name: string, customerId: string | null, state: string}} Colleague */

const WRITING_MS = 5000;

const present = signal(/** @type {Map<string, Colleague>} */ (new Map()));
/** By customer: who writes, and until when that is still true. */
const writing = signal(/** @type {Record<string, {kind: string, id: string | null, name: string, until: number}[]>} */ ({}));

/** @param {string | null | undefined} customerId @returns {Colleague[]} */
export const viewersOf = (customerId) => [...present.value.values()].filter((one) => customerId && one.customerId === customerId);

/** The one whose writing matters most: a colleague before the customer. @param {string | undefined} customerId */
export function answering(customerId) {
  const all = (writing.value[customerId ?? ""] ?? []).filter((one) => one.until > Date.now());
  return all.find((one) => one.kind === "operator") ?? all[0];
}

/** @param {any} event */
function wrote(event) {
  const { kind, id, name } = event.data.author ?? {};
  if (id && id === me.value?.id) return;
  const others = (writing.value[event.customer_id] ?? []).filter((one) => one.kind !== kind || one.id !== id);
  writing.value = { ...writing.value, [event.customer_id]: [...others, { kind, id, name, until: Date.now() + WRITING_MS }] };
  setTimeout(() => (writing.value = { ...writing.value }), WRITING_MS + 50);
}

/** @param {any} event */
function moved(event) {
  const { kind, id, name } = event.data.author ?? {};
  if (kind !== "operator" || id === me.value?.id) return;
  const next = new Map(present.value);
  if (event.data.state === "offline") next.delete(id);
  else next.set(id, { id, name, customerId: event.customer_id, state: event.data.state });
  present.value = next;
}

/** A message that has come is no longer being written. @param {any} event */
function arrived(event) {
  const author = event.data.entry?.author;
  const list = writing.value[event.customer_id];
  if (list && author) writing.value = { ...writing.value, [event.customer_id]: list.filter((one) => one.kind !== author.kind) };
}

async function load() {
  const answer = await ifThere("/presence");
  if (!answer) return;
  const list = (answer.items ?? []).map((/** @type {any} */ one) => ({ id: one.operator.id, name: one.operator.name, customerId: one.customer_id, state: one.state }));
  present.value = new Map(list.filter((/** @type {any} */ one) => one.id !== me.value.id && one.state !== "offline").map((/** @type {any} */ one) => [one.id, one]));
}

function say() {
  const id = selected.peek() && customer.peek()?.id;
  const state = document.hidden ? "away" : id ? "viewing" : "online";
  tell({ type: "presence", state, ...(id ? { customer_id: id } : {}) });
}

let saying = 0;
/** The server passes on two signals a second; where one ends up is what counts. */
function saySoon() {
  clearTimeout(saying);
  saying = setTimeout(say, 300);
}

export function tellTyping(/** @type {string | undefined} */ contactPointId) {
  if (customer.value) tell({ type: "typing", customer_id: customer.value.id, ...(contactPointId ? { contact_point_id: contactPointId } : {}) });
}

on("typing", wrote);
on("presence", moved);
on("message.created", arrived);
onOpen(() => {
  saySoon();
  load().catch(complain);
});
effect(() => {
  void [selected.value, customer.value?.id];
  saySoon();
});
document.addEventListener("visibilitychange", saySoon);
