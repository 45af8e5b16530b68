// @ts-check
/** The signs that were put on a message: the customer's, and ours. */

import { html } from "../../vendor/htm-preact.js";
import { call } from "../api.js";
import { may } from "../session.js";
import { Icon } from "../shell/icon.js";
import { choose } from "../shell/picker.js";
import { complain } from "../trouble.js";
import { t } from "../words.js";
import { put } from "./entries.js";

/** Channels whose customers see a reaction of ours; the server knows, and says so when it is asked. */
const REACTING = ["telegram"];
/** Those that Telegram lets a bot use and that an answer to a customer needs. */
const SIGNS = ["👍", "❤", "🔥", "🎉", "👏", "🙏", "👌", "😁", "🤔", "😢", "🤝", "👀"];

/** @param {{entry: any}} props */
export function Reactions({ entry }) {
  const given = Object.entries(entry.reactions ?? {});
  const own = given.find(([who]) => who !== "customer")?.[1] ?? "";
  const able = may("messages:write") && REACTING.includes(entry.channel) && entry.direction === "inbound" && !entry.deleted;
  if (!given.length && !able) return null;
  return html`<p class="reactions ${given.length ? "" : "none-yet"}">
    ${given.map(([who, sign]) => html`<span class="chip" title=${whose(who)}>${sign}</span>`)}
    ${able ? html`<button class="plain react" aria-label=${t("reaction.give")} title=${t("reaction.give")} onClick=${(/** @type {any} */ event) => pick(entry, own, event.currentTarget)}><${Icon} name="smile" /></button>` : ""}
  </p>`;
}

/** @param {string} who */
const whose = (who) => (who === "customer" ? t("reaction.customer") : t("reaction.us"));

/** @param {any} entry @param {any} own @param {Element} anchor */
function pick(entry, own, anchor) {
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
