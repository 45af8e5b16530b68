// @ts-check
/** Two conversations of one customer made one, messages given one of their own, and either undone at any time. */

import { call, query } from "../api.js";
import { moment, t } from "../words.js";
import { choose } from "../shell/picker.js";
import { complain, offerUndo } from "../trouble.js";
import { conversation, settleBoth } from "./opened.js";

const more = () => document.querySelector('[data-do="more"]');

/** @param {string} id */
const readAgain = async (id) => settleBoth(await call("GET", `/conversations/${id}`));

/** @param {string} id @param {string} mergeId */
async function undo(id, mergeId) {
  await call("POST", `/conversations/${id}/unmerge`, { merge_id: mergeId });
  await readAgain(id);
}

/** @param {string} id @param {string} deed @param {any} body @param {string} said */
async function carryOut(id, deed, body, said) {
  const answer = await call("POST", `/conversations/${id}/${deed}`, body);
  await readAgain(id);
  offerUndo(said, () => undo(id, answer.merge_id));
}

/** Choose another conversation of the same customer: what was said there is said here from now on. */
export async function takeIn() {
  const one = conversation.value;
  if (!one) return;
  const { items } = await call("GET", `/conversations${query({ customer: one.customer.id, limit: 50 })}`);
  const others = items.filter((/** @type {any} */ other) => other.id !== one.id);
  choose({
    title: t("do.takeIn"),
    anchor: more(),
    wide: true,
    empty: t("grouping.alone"),
    choices: others.map((/** @type {any} */ other) => ({
      id: other.id,
      label: other.last_entry?.text || other.last_entry?.data?.subject || t("grouping.silent"),
      icon: "inbox",
      hint: [t(`status.${other.status}`), moment(other.updated_at)].join(" · "),
      run: () => carryOut(one.id, "merge", { from: other.id }, t("grouping.merged")),
    })),
  });
}

/** What can be done with one message of the conversation on screen. @param {any} entry @returns {import("../shell/picker.js").Choice[]} */
export function partings(entry) {
  const one = conversation.value;
  if (!one || entry.conversation_id !== one.id) return [];
  const part = (/** @type {any} */ body) => carryOut(one.id, "split", body, t("grouping.split")).catch(complain);
  return [
    { id: "split-from", label: t("deed.splitFrom"), icon: "corner-up-left", run: () => part({ from_position: entry.position }) },
    { id: "split-one", label: t("deed.splitOne"), icon: "external-link", run: () => part({ entries: [entry.id] }) },
  ];
}

/** All that was merged and split here, to take back whichever it is. */
export async function review() {
  const one = conversation.value;
  if (!one) return;
  const { items } = await call("GET", `/conversations/${one.id}/merges`);
  choose({
    title: t("do.regrouped"),
    anchor: more(),
    wide: true,
    empty: t("grouping.never"),
    choices: items.filter((/** @type {any} */ act) => !act.undone_at).map((/** @type {any} */ act) => ({
      id: act.id,
      label: act.act === "merge" ? t("grouping.undo-merge") : t("grouping.undo-split", { messages: act.messages }),
      icon: "undo-2",
      hint: [act.by.name, moment(act.at)].filter(Boolean).join(" · "),
      run: () => undo(one.id, act.id),
    })),
  });
}
