// @ts-check
/** Who is signed in, what they may do, and the colleagues, teams and inboxes that names are needed of. */

import { computed, signal } from "../vendor/preact-signals.js";
import { all, call } from "./api.js";
import { on } from "./live.js";
import { complain } from "./trouble.js";

export const me = signal(/** @type {any} */ (null));
export const operators = signal(/** @type {any[]} */ ([]));
export const teams = signal(/** @type {any[]} */ ([]));
export const inboxes = signal(/** @type {any[]} */ ([]));
/** The time, as often as waiting times need it. */
export const now = signal(Date.now());

export const colleagues = computed(() => operators.value.filter((one) => !one.disabled));

/** @param {string} scope */
export const may = (scope) => me.value.scopes.includes(scope) || me.value.scopes.includes("admin");

/** @param {any[]} list @param {string | null | undefined} id */
const named = (list, id) => list.find((one) => one.id === id)?.name ?? "";
/** @param {string | null | undefined} id */
export const operatorName = (id) => named(operators.value, id);
/** @param {string | null | undefined} id */
export const inboxName = (id) => named(inboxes.value, id);

/** Whether single messages of an inbox can be mended, taken back, reacted to, answered. @param {string | null} id @param {"edits" | "deletes" | "reactions" | "replies"} what */
export const inboxCan = (id, what) => Boolean(inboxes.value.find((one) => one.id === id)?.can.includes(what));

export async function loadPeople() {
  const [people, groups, accounts] = await Promise.all([all("/operators"), all("/teams"), call("GET", "/inboxes")]);
  operators.value = people;
  teams.value = groups;
  inboxes.value = accounts.items;
}

export async function loadInboxes() {
  inboxes.value = (await call("GET", "/inboxes")).items;
}

/** "EM" of Elena Markova. @param {string} name */
export const initials = (name) => name.split(/\s+/).map((part) => part[0] ?? "").join("").slice(0, 2).toUpperCase() || "?";

on("inbox.", () => loadInboxes().catch(complain));
setInterval(() => (now.value = Date.now()), 15000);
