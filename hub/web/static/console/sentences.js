// @ts-check
/** Whole sentences made of what the server keeps as codes and facts: activities, decisions and their reasons. */

import { inboxes, inboxName } from "./session.js";
import { ago, capital, shortMoment, t, word } from "./words.js";

/** "Assigned to Elena". Who did it stands beside it. @param {any} entry */
export function activity(entry) {
  const facts = entry.data ?? {};
  const labels = Array.isArray(facts.to) ? facts.to.join(", ") : "";
  const said = word("activity", facts.activity ?? "", {
    assignee: facts.assignee?.name ?? "",
    team: facts.team?.name ?? "",
    priority: word("priority", String(facts.to)),
    labels: labels || t("labels.none"),
    customer: facts.customer?.name || t("customer.unnamed"),
    address: facts.contact_point?.value ?? "",
    number: facts.object?.number ?? "",
    score: facts.score ?? "",
    messages: facts.messages ?? "",
    by: facts.by ? shortMoment(facts.by) : "",
    to: word("order", String(facts.to)),
    starts: facts.starts_at ? shortMoment(facts.starts_at) : t("appointment.no-time"),
    was: facts.was ? shortMoment(facts.was) : t("appointment.no-time"),
  });
  if (facts.how) return `${said} (${word("how", facts.how)})`;
  return facts.reason ? `${said}: ${word("close", facts.reason)}` : said;
}

/** "Due in 12 min", "Overdue by 1 h". @param {any} one a conversation @param {number} now */
export function due(one, now) {
  if (!one.due_at) return "";
  const left = Date.parse(one.due_at) - now;
  const span = ago(new Date(now - Math.abs(left)).toISOString(), now);
  return left > 0 ? t("list.due", { time: span }) : t("list.overdue", { time: span });
}

/** "sent by Web chat". @param {any} decision */
export function outcome(decision) {
  const chosen = (decision.candidates ?? []).find((/** @type {any} */ one) => one.chosen);
  const several = chosen && inboxes.value.filter((one) => one.channel === chosen.channel).length > 1;
  const channel = chosen ? (several && inboxName(chosen.inbox_id)) || word("channel", chosen.channel) : t("channel.none");
  return word("decision", decision.outcome, { channel });
}

/** What kind of message a decision was about: "Order notice", "Reply". @param {any} decision */
export function subject(decision) {
  if (decision.object?.kind === "order") return t("subject.order");
  if (decision.object?.kind === "appointment") return t("subject.appointment");
  if (decision.by.kind === "rule") return t("subject.rule");
  if (decision.by.kind === "integration") return t("subject.integration");
  return t("subject.reply");
}

/** Why, as a sentence. @param {any} decision */
export function cause(decision) {
  const chosen = (decision.candidates ?? []).find((/** @type {any} */ one) => one.chosen);
  const code = decision.reason || chosen?.reason;
  return code ? capital(reason(code)) : "";
}

/** @param {string} code of a candidate or of a whole decision */
export function reason(code) {
  const failed = /^failed: (.*)$/s.exec(code);
  if (failed) return t("reason.failed", { detail: failed[1] });
  return word("reason", code.startsWith("later than ") ? "late" : code);
}

/** What a reminder came to, or why there is none. @param {any} one */
export function fate(one) {
  if (one.status === "planned") return t("reminder.planned", { time: shortMoment(one.due_at) });
  if (one.status === "sent") return t("reminder.sent", { time: shortMoment(one.ended_at ?? one.due_at) });
  const known = word("dropped", one.reason);
  const why = known === one.reason ? reason(one.reason) : known;
  if (one.status === "none") return t("reminder.none", { why });
  return t("reminder.dropped", { why });
}
