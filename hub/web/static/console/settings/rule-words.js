// @ts-check
/** A rule in one sentence, and the switch beside it. */

import { html } from "../../vendor/htm-preact.js";
import { call } from "../api.js";
import { complain } from "../trouble.js";
import { capital, span, t, uncapital, word } from "../words.js";
import { clockTime } from "./rule-clock.js";

/** @param {{one: any, again: () => Promise<void>}} props */
export function Switch({ one, again }) {
  const toggle = async () => {
    await call("PATCH", `/rules/${one.id}`, { enabled: !one.enabled });
    await again();
  };
  return html`<label class="check"><input type="checkbox" role="switch" checked=${one.enabled} onChange=${() => toggle().catch(complain)} /> ${t("rules.on")}<span class="unseen">: ${one.name}</span></label>`;
}

/** A template by the name that the list of templates has for it. @param {any} message */
export const told = (message) => (message.template ? t("rules.quoted", { name: word("template", message.template) }) : message.text);

/** "When an order's status changes: send “Order: by status”". @param {any} one */
export function sentence(one) {
  const does = one.actions.map((/** @type {any} */ each) => {
    const kind = Object.keys(each)[0];
    const what = kind === "send" || kind === "ask" ? told(each[kind]) : typeof each[kind] === "string" ? each[kind] : "";
    return [t(`rule-action.${kind}`), what].filter(Boolean).join(" ");
  });
  return capital(t("rules.sentence", { trigger: fires(one.trigger), does: does.join(", ") }));
}

/** "When a customer writes". @param {any} trigger */
export function fires(trigger) {
  if (trigger.on) return word("trigger", trigger.on);
  if (trigger.cron) return byClock(trigger.cron, trigger.zone === "customer" ? uncapital(t("customer.label")) : (trigger.zone ?? "UTC"));
  const by = span(trigger.by);
  return trigger.before ? t("rules.before", { by, moment: momentOf(trigger.before) }) : t("rules.after", { by, moment: momentOf(trigger.after) });
}

/** @param {string} cron @param {string} zone */
function byClock(cron, zone) {
  const time = clockTime(cron);
  return time ? `${time} (${zone})` : t("rules.cron", { cron, zone });
}

/** "an appointment begins". @param {string} field */
export function momentOf(field) {
  const [, status] = /^order\.(.+)_at$/.exec(field) ?? [];
  return status ? t("rules.came_to", { status: word("order", status) }) : word("rule-moment", field);
}
