// @ts-check
/** Which conversations the list shows: whose, in which state, on what; and how many there are. */

import { computed, effect, signal } from "../../vendor/preact-signals.js";
import { call, ifThere } from "../api.js";
import { on, onReset } from "../live.js";
import { me, teams } from "../session.js";
import { complain } from "../trouble.js";

/** @typedef {{whose: string, status: string, channel: string, label: string, inbox: string, sort: string, unread: boolean, saved: string}} View */
/**
 * whose: `all`, `me`, `none`, or the id of a team; saved: the id of the saved view this is.
 * @type {View}
 */
export const EVERYTHING = { whose: "all", status: "open", channel: "", label: "", inbox: "", sort: "updated", unread: false, saved: "" };
export const STATUSES = ["open", "pending", "snoozed", "closed"];
const KEPT = "view";
const GATHERED_MS = 400;

export const view = signal(remembered());
export const counts = signal(/** @type {any} */ (null));
/** null: this hub keeps none. */
export const savedViews = signal(/** @type {any[] | null} */ (null));
export const labels = signal(/** @type {{label: string, count: number}[]} */ ([]));
export const narrowed = computed(() => ["channel", "label", "inbox", "unread"].filter((name) => view.value[/** @type {"label"} */ (name)]));

effect(() => localStorage.setItem(KEPT, JSON.stringify(view.value)));

/** @returns {View} */
function remembered() {
  try {
    return { ...EVERYTHING, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}"), unread: false };
  } catch {
    return EVERYTHING;
  }
}

/** @param {Partial<View>} change */
export const show = (change) => (view.value = { ...view.value, saved: "", ...change });

/** @param {any} one a saved view */
export const showSaved = (one) => show({ ...EVERYTHING, ...fromFilter(one.filter), saved: one.id });

/** What the API is asked for. @param {View} of */
export function asQuery(of) {
  const team = !["all", "me", "none"].includes(of.whose);
  return {
    status: of.status,
    assignee: team || of.whose === "all" ? "" : of.whose,
    team: team ? of.whose : "",
    channel: of.channel,
    label: of.label,
    inbox: of.inbox,
    sort: of.sort === "updated" ? "" : of.sort,
    unread: of.unread,
  };
}

/** What a saved view keeps. @param {View} of */
export function asFilter(of) {
  const { sort: _sort, unread: _unread, ...kept } = asQuery(of);
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value));
}

/** @param {any} filter @returns {Partial<View>} */
function fromFilter(filter) {
  const { assignee, team, ...rest } = filter ?? {};
  return { ...rest, whose: team || assignee || "all", status: rest.status ?? "" };
}

/** Whether a conversation belongs in the view: the same question the server answers for the list. @param {any} one */
export function belongs(one) {
  const { whose, status, channel, label, inbox, unread } = view.value;
  const whoseIs = whose === "all" || (whose === "me" && one.assignee?.id === me.value.id) || (whose === "none" && !one.assignee) || one.team?.id === whose;
  return whoseIs && (!status || one.status === status) && (!channel || one.channels.includes(channel)) && (!label || one.labels.includes(label))
    && (!inbox || one.inbox_id === inbox) && (!unread || one.unread > 0);
}

/** How many open conversations are whose. @param {string} whose @param {string} [status] */
export function tally(whose, status = "open") {
  const all = counts.value;
  if (!all) return 0;
  if (whose === "all") return all[status] ?? 0;
  if (whose === "me") return all.mine[status] ?? 0;
  if (whose === "none") return all.none[status] ?? 0;
  return status === "open" ? (all.teams[whose] ?? 0) : 0;
}

/** Where somebody may look first. */
export const places = computed(() => ["me", "none", ...teams.value.filter((one) => one.members.includes(me.value.id)).map((one) => one.id), "all"]);

export async function loadCounts() {
  try {
    const [tallies, kept, words] = await Promise.all([
      call("GET", "/conversations/counts"),
      ifThere("/views"),
      ifThere("/labels"),
    ]);
    counts.value = tallies;
    savedViews.value = kept?.items ?? null;
    labels.value = words?.items ?? [];
  } catch (error) {
    complain(error);
  }
}

let later = 0;
/** Many events at once are one question, also when they never end. */
function countAgain() {
  later ||= setTimeout(() => {
    later = 0;
    loadCounts();
  }, GATHERED_MS);
}

on("conversation.", countAgain);
on("message.created", countAgain);
onReset(loadCounts);
