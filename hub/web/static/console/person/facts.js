// @ts-check
/** What stands beside a customer's words, read in one go: so that the panel comes whole, and is there at a second look. */

import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { all, ifThere, query } from "../api.js";
import { on, onReset } from "../live.js";
import { drawn } from "../talk/entries.js";
import { complain } from "../trouble.js";

/** @typedef {{orders: any[], appointments: any[], reminders: any[], conversations: any[], files: any[], suggestions: any[], merges: any[], decisions: any[], preferences: any}} Facts */
/** @typedef {keyof Facts} Kind */

/** @type {Record<Kind, (id: string) => Promise<any>>} */
const READ = {
  preferences: (id) => ifThere(`/customers/${id}/preferences`),
  orders: (id) => items(`/orders${query({ customer: id, limit: 20 })}`),
  appointments: (id) => items(`/appointments${query({ customer: id, limit: 20 })}`),
  reminders: (id) => items(`/reminders${query({ customer: id, limit: 100 })}`),
  conversations: (id) => all("/conversations", { customer: id }),
  files: (id) => items(`/customers/${id}/files${query({ limit: 12 })}`),
  suggestions: (id) => items(`/customers/${id}/suggestions`),
  merges: (id) => items(`/customers/${id}/merges`),
  decisions: (id) => items(`/decisions${query({ customer: id, limit: 40 })}`),
};
const KINDS = /** @type {Kind[]} */ (Object.keys(READ));

/** Which of them an event may have changed, by how its type begins. @type {[string, Kind[]][]} */
const CHANGED = [
  ["order.", ["orders"]],
  ["appointment.", ["appointments", "reminders"]],
  ["reminder.", ["reminders"]],
  ["message.created", ["files", "decisions", "reminders"]],
  ["message.status_changed", ["decisions", "reminders"]],
  ["conversation.", ["conversations"]],
  ["customer.", KINDS],
];
/** Many events at once are one question. */
const GATHERED_MS = 400;
const MOST_KEPT = 24;

/** @type {Facts} */
const NOTHING = { orders: [], appointments: [], reminders: [], conversations: [], files: [], suggestions: [], merges: [], decisions: [], preferences: null };
/** @type {Map<string, Facts>} as they were last seen */
const kept = new Map();
/** @type {{id: string, show: (facts: Facts) => void} | null} */
let shown = null;
/** @type {Set<Kind>} */
const stale = new Set();
let waiting = 0;

/** @param {string} path @returns {Promise<any[]>} */
const items = async (path) => (await ifThere(path))?.items ?? [];

/** What is known of a customer; null: nothing yet. @param {string} id @returns {Facts | null} */
export function useFacts(id) {
  const [facts, show] = useState(/** @type {{id: string, facts: Facts} | null} */ (null));
  useEffect(() => {
    const mine = { id, show: (/** @type {Facts} */ read) => show({ id, facts: read }) };
    shown = mine;
    drawn().then(() => read(mine, KINDS)).catch(complain);
    return () => void (shown === mine && (shown = null));
  }, [id]);
  return facts?.id === id ? facts.facts : (kept.get(id) ?? null);
}

/** Something was done here: see what it changed. @param {string} id of a customer */
export const readFacts = (id) => (shown?.id === id ? read(shown, KINDS) : undefined);

/** One after the other: who opens the next conversation meanwhile waits for one answer at most. @param {NonNullable<typeof shown>} mine @param {Kind[]} kinds */
async function read(mine, kinds) {
  const facts = /** @type {Facts} */ ({ ...(kept.get(mine.id) ?? NOTHING) });
  for (const kind of kinds) {
    if (shown !== mine) return;
    if (kind !== "reminders" || facts.appointments.length) facts[kind] = await READ[kind](mine.id);
  }
  keep(mine.id, facts);
  if (shown === mine) mine.show(facts);
}

/** @param {string} id @param {Facts} facts */
function keep(id, facts) {
  kept.delete(id);
  kept.set(id, facts);
  if (kept.size > MOST_KEPT) kept.delete(/** @type {string} */ (kept.keys().next().value));
}

for (const [kind, changed] of CHANGED) {
  on(kind, (event) => {
    if (!shown || event.customer_id !== shown.id || !kept.has(shown.id)) return;
    changed.forEach((one) => stale.add(one));
    waiting ||= setTimeout(readStale, GATHERED_MS);
  });
}

function readStale() {
  const kinds = [...stale];
  stale.clear();
  waiting = 0;
  if (shown) read(shown, kinds).catch(complain);
}

onReset(() => {
  kept.clear();
  if (shown) read(shown, KINDS).catch(complain);
});
