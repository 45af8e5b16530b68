// @ts-check
/** The settings: which pages there are for whom, and the one that is open. */

import { html } from "../../vendor/htm-preact.js";
import { address, place } from "../route.js";
import { may } from "../session.js";
import { Icon } from "../shell/icon.js";
import { t } from "../words.js";
import { Audit } from "./audit.js";
import { Hours } from "./hours.js";
import { Inboxes } from "./inboxes.js";
import { Operators } from "./operators.js";
import { Profile } from "./profile.js";
import { Replies } from "./replies.js";
import { Rules } from "./rules.js";
import { Sending } from "./sending.js";
import { SignIn } from "./sign-in.js";
import { Teams } from "./teams.js";
import { Templates } from "./templates.js";
import { Timers } from "./timers.js";
import { Tokens } from "./tokens.js";
import { Webhooks } from "./webhooks.js";

/** @type {[string, string, any, string][]} */
const PAGES = [
  ["profile", "user", Profile, ""],
  ["replies", "message-square-text", Replies, "messages:read"],
  ["inboxes", "inbox", Inboxes, "messages:read"],
  ["operators", "users", Operators, "messages:read"],
  ["teams", "users", Teams, "messages:read"],
  ["hours", "clock", Hours, "messages:read"],
  ["timers", "timer", Timers, "messages:read"],
  ["rules", "workflow", Rules, "rules:admin"],
  ["templates", "file-text", Templates, "rules:admin"],
  ["sending", "send", Sending, "admin"],
  ["sign-in", "shield-check", SignIn, "admin"],
  ["tokens", "key-round", Tokens, "admin"],
  ["webhooks", "globe", Webhooks, "admin"],
  ["audit", "scroll-text", Audit, "admin"],
];

export function Settings() {
  const allowed = PAGES.filter(([, , , scope]) => !scope || may(scope));
  const [name, , Page] = allowed.find(([each]) => each === place.value.id) ?? allowed[0];
  return html`<main class="page split settings" data-open=${place.value.id ? "one" : "list"}>
    <nav class="settings-nav" aria-label=${t("nav.settings")}>
      <h1>${t("nav.settings")}</h1>
      ${allowed.map(([each, icon]) => html`<a key=${each} href=${address("settings", each)} aria-current=${each === name ? "page" : undefined}><${Icon} name=${icon} />${t(`settings.${each}`)}</a>`)}
    </nav>
    <section class="settings-page" aria-label=${t(`settings.${name}`)}>
      ${place.value.sub ? "" : html`<a class="back-link" href=${address("settings")}><${Icon} name="arrow-left" />${t("nav.settings")}</a>`}
      <${Page} />
    </section>
  </main>`;
}
