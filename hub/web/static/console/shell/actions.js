// @ts-check
/** Everything an operator can do from anywhere: by key, from the palette, or by a button that calls the same. */

import { fold } from "./sheet.js";
import { t } from "../words.js";
import { go, place } from "../route.js";
import { me, may } from "../session.js";
import { undo, undoable } from "../trouble.js";
import { conversation, followIt, leave, markUnread } from "../talk/opened.js";
import { held, takeBack } from "../compose/send.js";
import { review, takeIn } from "../talk/grouping.js";
import * as work from "../talk/work.js";
import { backToList, firstRow, step } from "../inbox/moving.js";
import { show } from "../inbox/view.js";
import { write } from "../talk/writing.js";
import { help } from "./keys.js";
import { problems } from "../pages/problem-count.js";
import { palette } from "./palette.js";
import { search } from "./find.js";
import { foldPanel } from "./panes.js";
import { findInTimeline } from "../talk/jumping.js";

/** @typedef {{id: string, group: string, label: string, keys?: string, icon?: string, whileWriting?: boolean, usable?: boolean, run: () => unknown}} Action */

/** @param {boolean} [every] also what cannot be done at this moment @returns {Action[]} */
export function actions(every = false) {
  const all = [...moving(), ...working(), ...writing(), ...going()];
  return every ? all : all.filter((one) => one.usable !== false);
}

/** @returns {Action[]} */
function moving() {
  const inbox = place.value.page === "inbox";
  return [
    { id: "next", group: "moving", label: t("do.next"), keys: "j", usable: inbox, run: () => step(1) },
    { id: "previous", group: "moving", label: t("do.previous"), keys: "k", usable: inbox, run: () => step(-1) },
    { id: "first", group: "moving", label: t("do.first"), keys: "g g", usable: inbox, run: firstRow },
    { id: "back", group: "moving", label: t("do.back"), keys: "Escape", run: () => (place.value.page === "inbox" ? backToList() : go("inbox")) },
    { id: "date", group: "moving", label: t("do.date"), keys: "d", icon: "calendar", usable: Boolean(conversation.value), run: findInTimeline },
  ];
}

/** @returns {Action[]} */
function working() {
  const one = conversation.value;
  const usable = Boolean(one) && may("messages:write");
  const mine = one?.assignee?.id === me.value.id;
  const closed = one?.status === "closed";
  return [
    { id: "assign", group: "working", label: t("do.assign"), keys: "a", icon: "user-check", usable, run: work.assign },
    { id: "take", group: "working", label: t(mine ? "do.drop" : "do.take"), keys: "i", icon: "user", usable, run: work.take },
    { id: "label", group: "working", label: t("do.label"), keys: "l", icon: "tag", usable, run: work.label },
    { id: "priority", group: "working", label: t("do.priority"), keys: "p", icon: "flag", usable, run: work.prioritise },
    { id: "snooze", group: "working", label: t("do.snooze"), keys: "h", icon: "clock", usable, run: work.snooze },
    { id: "pending", group: "working", label: t("do.pending"), keys: "w", icon: "timer", usable, run: work.pend },
    { id: "close", group: "working", label: t(closed ? "do.reopen" : "do.close"), keys: "e", icon: closed ? "undo-2" : "check", usable, run: work.finish },
    { id: "close-reason", group: "working", label: t("do.closeReason"), keys: "Shift+e", icon: "check", usable: usable && !closed, run: work.closeFor },
    { id: "follow", group: "working", label: t(one?.following ? "do.unfollow" : "do.follow"), keys: "f", icon: "bell", usable: Boolean(one) && one?.following !== undefined, run: () => followIt(!one?.following) },
    { id: "take-in", group: "working", label: t("do.takeIn"), keys: "m", icon: "merge", usable, run: takeIn },
    { id: "regrouped", group: "working", label: t("do.regrouped"), keys: "M", icon: "undo-2", usable, run: review },
    { id: "unread", group: "working", label: t("do.unread"), keys: "u", icon: "mail", usable: Boolean(one), run: markUnread },
    { id: "undo", group: "working", label: t("do.undo"), keys: "z", icon: "undo-2", usable: Boolean(held.value || undoable.value), run: () => (held.value ? takeBack() : undo()) },
  ].map((action) => ({ ...action, keys: action.keys.replace("Shift+e", "E") }));
}

/** @returns {Action[]} */
function writing() {
  const usable = Boolean(conversation.value) && may("messages:write");
  return [
    { id: "reply", group: "writing", label: t("do.reply"), keys: "r", icon: "corner-up-left", usable, run: () => write("reply") },
    { id: "note", group: "writing", label: t("do.note"), keys: "n", icon: "sticky-note", usable, run: () => write("note") },
    { id: "send", group: "writing", label: t("do.send"), keys: "Ctrl+Enter", usable: false, run() {} },
    { id: "send-close", group: "writing", label: t("do.sendClose"), keys: "Ctrl+Shift+Enter", usable: false, run() {} },
    { id: "saved", group: "writing", label: t("do.saved"), keys: "/ …", usable: false, run() {} },
    { id: "mention", group: "writing", label: t("do.mention"), keys: "@ …", usable: false, run() {} },
  ];
}

/** @returns {Action[]} */
function going() {
  return [
    { id: "palette", group: "going", label: t("do.palette"), keys: "Ctrl+k", icon: "zap", whileWriting: true, run: palette },
    { id: "search", group: "going", label: t("do.search"), keys: "/", icon: "search", run: search },
    { id: "inbox", group: "going", label: t("nav.inbox"), keys: "g i", icon: "inbox", run: () => leave() },
    { id: "mine", group: "going", label: t("do.mine"), keys: "g m", icon: "user-check", run: () => { show({ whose: "me", status: "open" }); leave(); } },
    { id: "customers", group: "going", label: t("nav.customers"), keys: "g c", icon: "users", run: () => go("customers") },
    { id: "orders", group: "going", label: t("nav.orders"), keys: "g o", icon: "package", run: () => go("orders") },
    { id: "appointments", group: "going", label: t("nav.appointments"), keys: "g a", icon: "calendar", run: () => go("appointments") },
    { id: "problems", group: "going", label: t("nav.problems"), keys: "g p", icon: "triangle-alert", usable: problems.value !== null, run: () => go("problems") },
    { id: "settings", group: "going", label: t("nav.settings"), keys: "g s", icon: "settings", run: () => go("settings") },
    { id: "panel", group: "going", label: t("do.panel"), keys: "]", icon: "panel-right", usable: Boolean(conversation.value), run: foldPanel },
    { id: "help", group: "going", label: t("do.help"), keys: "?", icon: "keyboard", run: () => { fold(); help(); } },
  ];
}
