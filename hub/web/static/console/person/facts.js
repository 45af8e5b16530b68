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
/** Whose facts are on screen; stale: what has changed of them since. @typedef {{id: string, show: (facts: Facts) => void, stale: Set<Kind>, waiting: number, reading: Promise<unknown> | null}} Shown */
let shown = /** @type {Shown | null} */ (null);

/** @param {string} path @returns {Promise<any[]>} */
const items = async (path) => (await ifThere(path))?.items ?? [];

/** What is known of a customer; null: nothing yet. @param {string} id @returns {Facts | null} */
export function useFacts(id) {
  const [facts, show] = useState(/** @type {{id: string, facts: Facts} | null} */ (null));
  useEffect(() => {
    /** @type {Shown} */
    const mine = { id, show: (read) => show({ id, facts: read }), stale: new Set(), waiting: 0, reading: null };
    shown = mine;
    drawn().then(() => read(mine, KINDS)).catch(complain);
    return () => void (shown === mine && (shown = null));
  }, [id]);
  return facts?.id === id ? facts.facts : (kept.get(id) ?? null);
}

/** Something was done here: see what it changed. @param {string} id of a customer */
export const readFacts = (id) => (shown?.id === id ? read(shown, KINDS) : undefined);

/** One reading after the other: what is asked for because something happened is never overwritten by what was asked before. @param {Shown} mine @param {Kind[]} kinds */
function read(mine, kinds) {
  const done = (mine.reading ?? Promise.resolve()).then(() => readEach(mine, kinds));
  mine.reading = done.catch(() => undefined);
  return done;
}

/** One after the other: who opens the next conversation meanwhile waits for one answer at most. What cannot be had hides nothing else. @param {Shown} mine @param {Kind[]} kinds */
async function readEach(mine, kinds) {
  /** @type {Partial<Facts>} */
  const found = {};
  /** @type {unknown[]} */
  const faults = [];
  for (const kind of kinds) {
    if (shown !== mine) return;
    const visits = found.appointments ?? kept.get(mine.id)?.appointments ?? [];
    if (kind === "reminders" && !visits.length) continue;
    await READ[kind](mine.id).then((read) => (found[kind] = read), (error) => faults.push(error));
  }
  const facts = { ...(kept.get(mine.id) ?? NOTHING), ...found };
  keep(mine.id, facts);
  if (shown === mine) mine.show(facts);
  if (faults.length) throw faults[0];
}

/** @param {string} id @param {Facts} facts */
function keep(id, facts) {
  kept.delete(id);
  kept.set(id, facts);
  if (kept.size > MOST_KEPT) kept.delete(/** @type {string} */ (kept.keys().next().value));
}

for (const [kind, changed] of CHANGED) {
  on(kind, (event) => {
    // Before anything was asked, there is nothing to ask anew.
    const mine = shown;
    if (!mine?.reading || event.customer_id !== mine.id) return;
    changed.forEach((one) => mine.stale.add(one));
    mine.waiting ||= setTimeout(() => readStale(mine), GATHERED_MS);
  });
}

/** @param {Shown} mine */
function readStale(mine) {
  const kinds = [...mine.stale];
  mine.stale.clear();
  mine.waiting = 0;
  if (shown === mine) read(mine, kinds).catch(complain);
}

onReset(() => {
  kept.clear();
  if (shown) read(shown, KINDS).catch(complain);
});
