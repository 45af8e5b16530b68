// @ts-check
/** How the customer wants to be written to: by which channel first, and when not. */

import { html } from "../../vendor/htm-preact.js";
import { call } from "../api.js";
import { may } from "../session.js";
import { Field, Form, useGiven } from "../settings/form.js";
import { NIGHT, QuietFrom } from "../settings/quiet-hours.js";
import { Ordered } from "../settings/ordered.js";
import { channelsAnd } from "../settings/sending.js";
import { Icon } from "../shell/icon.js";
import { fold, lay } from "../shell/sheet.js";
import { t, word } from "../words.js";
import { readFacts } from "./facts.js";

/** @typedef {{channels: string[], quiet: "default" | "none" | {from: string, until: string}, time_zone: string}} Wishes */

/** @param {{person: any, wishes: Wishes}} props */
export function Preferences({ person, wishes }) {
  const edit = () => lay({ title: t("preferences.title"), body: () => html`<${Edit} person=${person} wishes=${wishes} />` });
  return html`<section class="preferences"><h3>${t("preferences.title")}</h3>
    <p class="item"><${Icon} name="send" /><span class="grow">${wishes.channels.length ? wishes.channels.map((one) => word("channel", one)).join(" › ") : t("preferences.any")}</span></p>
    <p class="item"><${Icon} name="moon" /><span class="grow">${hours(wishes)}</span></p>
    ${may("customers:write") ? html`<button class="plain link" onClick=${edit}><${Icon} name="pencil" />${t("preferences.edit")}</button>` : ""}
  </section>`;
}

/** @param {Wishes} wishes */
function hours({ quiet }) {
  if (typeof quiet !== "string") return t("preferences.quiet", quiet);
  return quiet === "none" ? t("preferences.noQuiet") : t("preferences.companyQuiet");
}

/** @param {{person: any, wishes: Wishes}} props */
function Edit({ person, wishes }) {
  const own = typeof wishes.quiet !== "string";
  /** @param {any} given */
  const submit = async ({ channels, quiet, from, until }) => {
    await call("PUT", `/customers/${person.id}/preferences`, { channels, quiet: quiet === "own" ? { from, until } : quiet });
    await readFacts(person.id);
    fold();
  };
  const start = { channels: wishes.channels, quiet: own ? "own" : wishes.quiet, ...NIGHT, .../** @type {any} */ (own ? wishes.quiet : {}) };
  return html`<${Form} submit=${submit} start=${start}>
    <${Ordered} name="channels" label=${t("sending.channels")} hint=${t("preferences.channelsHint")} options=${channelsAnd(wishes.channels)} />
    <${QuietHours} />
  <//>`;
}

function QuietHours() {
  const { given } = useGiven();
  return html`<${Field} name="quiet" label=${t("sending.quiet")} hint=${t("preferences.quietHint")} options=${[["default", t("preferences.companyQuiet")], ["none", t("preferences.noQuiet")], ["own", t("preferences.ownQuiet")]]} />
    ${given.quiet === "own" ? html`<${QuietFrom} />` : ""}`;
}
