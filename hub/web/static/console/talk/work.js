// @ts-check
/** What is done with a conversation: whose it is, labels, priority, until when it sleeps, closing it. */

import { call } from "../api.js";
import { choose } from "../shell/picker.js";
import { lay } from "../shell/sheet.js";
import { labels } from "../inbox/view.js";
import { colleagues, me, teams } from "../session.js";
import { moments, PickMoment } from "./moments.js";
import { change, conversation, leave, open, selected } from "./opened.js";
import { rows } from "../inbox/rows.js";
import { html } from "../../vendor/htm-preact.js";
import { shortMoment, t } from "../words.js";

/** @param {string} name of a button in the head of the timeline */
const button = (name) => document.querySelector(`[data-do="${name}"]`);

export function assign() {
  const one = conversation.value;
  if (!one) return;
  const person = { icon: "user", group: t("assign.people") };
  const people = [...colleagues.value].sort((a, b) => Number(b.id === me.value.id) - Number(a.id === me.value.id) || a.name.localeCompare(b.name));
  choose({
    title: t("do.assign"),
    anchor: button("assign"),
    choices: [
      ...people.map((who) => ({
        ...person, id: who.id, label: who.name, hint: who.id === me.value.id ? t("list.you") : "", checked: one.assignee?.id === who.id,
        run: () => change({ assignee: who.id }, t("done.assigned", { name: who.name })),
      })),
      ...(one.assignee ? [{ ...person, id: "nobody", icon: "x", label: t("assign.nobody"), run: () => change({ assignee: null }, t("done.unassigned")) }] : []),
      ...teams.value.map((team) => ({
        id: team.id, icon: "users", group: t("assign.teams"), label: team.name, checked: one.team?.id === team.id,
        run: () => change({ team: team.id }, t("done.assigned", { name: team.name })),
      })),
      ...(one.team ? [{ id: "no-team", icon: "x", group: t("assign.teams"), label: t("assign.noTeam"), run: () => change({ team: null }, t("done.unassigned")) }] : []),
    ],
  });
}

export function take() {
  const mine = conversation.value?.assignee?.id === me.value.id;
  return change({ assignee: mine ? null : me.value.id });
}

export function label() {
  const one = conversation.value;
  if (!one) return;
  const known = [...new Set([...one.labels, ...labels.value.map((each) => each.label)])];
  /** @param {string} name */
  const toggle = (name) => change({ labels: one.labels.includes(name) ? one.labels.filter((each) => each !== name) : [...one.labels, name] });
  choose({
    title: t("label.which"),
    anchor: button("label") ?? button("more"),
    empty: t("label.first"),
    choices: known.map((name) => ({ id: name, label: name, icon: "tag", checked: one.labels.includes(name), run: () => toggle(name) })),
    create: (name) => ({ id: `new-${name}`, label: t("label.new", { name }), icon: "plus", run: () => toggle(name) }),
  });
}

export function prioritise() {
  const one = conversation.value;
  if (!one) return;
  choose({
    title: t("do.priority"),
    anchor: button("more"),
    choices: [4, 3, 2, 1, 0].map((level) => ({
      id: String(level), label: t(`priority.${level}`), icon: "flag", checked: one.priority === level, run: () => change({ priority: level }),
    })),
  });
}

export function snooze() {
  choose({
    title: t("do.snooze"),
    anchor: button("snooze"),
    choices: [
      ...moments().map(({ id, at }) => ({ id, label: t(`moment.${id}`), icon: "clock", hint: shortMoment(at), run: () => sleep(at) })),
      { id: "own", label: t("moment.own"), icon: "calendar-clock", run: () => lay({ title: t("do.snooze"), body: () => html`<${PickMoment} done=${sleep} label=${t("do.snooze")} />` }) },
    ],
  });
}

/** @param {Date} at */
async function sleep(at) {
  await gone(() => change({ snoozed_until: at.toISOString() }, t("done.snoozed", { time: shortMoment(at) })));
}

export const pend = () => change({ status: conversation.value?.status === "pending" ? "open" : "pending" });

export async function finish() {
  if (conversation.value?.status === "closed") await change({ status: "open" });
  else await gone(() => change({ status: "closed" }, t("done.closed")));
}

const REASONS = ["solved", "duplicate", "no-answer", "spam"];
const REASON = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** Close and say why; a reason of one's own is a word that reports can count. */
export function closeFor() {
  const because = (/** @type {string} */ reason) => gone(() => change({ status: "closed", close_reason: reason }, t("done.closed")));
  choose({
    title: t("close.why"),
    anchor: button("close"),
    empty: t("close.word"),
    choices: REASONS.map((code) => ({ id: code, label: t(`close.${code}`), icon: "check", run: () => because(code) })),
    create: (text) => {
      const code = text.toLowerCase().replace(/\s+/g, "-");
      return REASON.test(code) ? { id: "new", label: code, icon: "plus", run: () => because(code) } : null;
    },
  });
}

/** What leaves the list makes room for the next one. @param {() => Promise<unknown>} work */
async function gone(work) {
  const was = selected.value;
  const list = rows.value ?? [];
  const at = list.findIndex((one) => one.id === was);
  const next = list[at + 1] ?? list[at - 1];
  await work();
  if (selected.value !== was || (rows.value ?? []).some((one) => one.id === was)) return;
  if (next && innerWidth > 900) open(next);
  else leave();
}

/** @param {any} point a contact point @param {boolean} wanted */
export async function block(point, wanted) {
  await call(wanted ? "PUT" : "DELETE", `/contact-points/${point.id}/block`, wanted ? {} : undefined);
}
