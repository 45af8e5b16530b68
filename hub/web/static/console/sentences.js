// @ts-check
/** Whole sentences made of what the server keeps as codes and facts: activities, decisions and their reasons. */

import { t, word } from "./words.js";

/** "Assigned to Elena". Who did it stands beside it. @param {any} entry */
export function activity(entry) {
  const facts = entry.data ?? {};
  const labels = Array.isArray(facts.to) ? facts.to.join(", ") : "";
  return word("activity", facts.activity ?? "", {
    assignee: facts.assignee?.name ?? "",
    team: facts.team?.name ?? "",
    priority: word("priority", String(facts.to)),
    labels: labels || t("labels.none"),
  });
}

/** "Sent: Web chat". @param {any} decision */
export function outcome(decision) {
  const chosen = (decision.candidates ?? []).find((/** @type {any} */ one) => one.chosen);
  return word("decision", decision.outcome, { channel: chosen ? word("channel", chosen.channel) : "" }).replace(/: $/, "");
}

/** @param {string} code of a candidate or of a whole decision */
export function reason(code) {
  const failed = /^failed: (.*)$/s.exec(code);
  if (failed) return t("reason.failed", { detail: failed[1] });
  return word("reason", code.startsWith("later than ") ? "late" : code);
}
