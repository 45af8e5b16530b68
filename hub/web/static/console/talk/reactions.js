// @ts-check
/** The signs that were put on a message: the customer's, and ours. */

import { html } from "../../vendor/htm-preact.js";
import { call } from "../api.js";
import { inboxCan, may } from "../session.js";
import { choose } from "../shell/picker.js";
import { complain } from "../trouble.js";
import { t } from "../words.js";
import { put } from "./entries.js";

/** Those that Telegram lets a bot use and that an answer to a customer needs. */
const SIGNS = ["👍", "❤", "🔥", "🎉", "👏", "🙏", "👌", "😁", "🤔", "😢", "🤝", "👀"];

/** @param {{entry: any}} props */
export function Reactions({ entry }) {
  const given = Object.entries(entry.reactions ?? {});
  if (!given.length) return null;
  return html`<p class="reactions">
    ${given.map(([who, sign]) => html`<span class="chip" title=${whose(who)}>${sign}</span>`)}
  </p>`;
}

/** @param {string} who */
const whose = (who) => (who === "customer" ? t("reaction.customer") : t("reaction.us"));

/** @param {any} entry */
export const ableToReact = (entry) => may("messages:write") && entry.direction === "inbound" && !entry.deleted && inboxCan(entry.inbox_id, "reactions");

/** @param {any} entry @param {Element} anchor */
export function pickReaction(entry, anchor) {
  const own = Object.entries(entry.reactions ?? {}).find(([who]) => who !== "customer")?.[1] ?? "";
  choose({
    title: t("reaction.give"),
    anchor,
    choices: [
      ...SIGNS.map((sign) => ({ id: sign, label: sign, checked: sign === own, run: () => react(entry, sign === own ? "" : sign) })),
      ...(own ? [{ id: "none", label: t("reaction.takeBack"), icon: "x", run: () => react(entry, "") }] : []),
    ],
  });
}

/** @param {any} entry @param {string} value */
async function react(entry, value) {
  await call("PUT", `/messages/${entry.id}/reaction`, { value }).then(put).catch(complain);
}
