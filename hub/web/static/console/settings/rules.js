// @ts-check
/** What is sent by itself: each rule in plain words, whether it is on; one of them, or the builder, beside that. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect } from "../../vendor/preact-hooks.js";
import { all } from "../api.js";
import { address, go, place } from "../route.js";
import { Icon } from "../shell/icon.js";
import { complain } from "../trouble.js";
import { t } from "../words.js";
import { Title, useList } from "./parts.js";
import { Rule } from "./rule.js";
import { Builder } from "./rule-builder.js";
import { sentence, Switch } from "./rule-words.js";

const NEW = "new";

export function Rules() {
  const [list, again] = useList(() => all("/rules"));
  const sub = place.value.sub;
  const one = (list ?? []).find((each) => each.id === sub);
  // A link may lead to one that was made elsewhere meanwhile.
  useEffect(() => void (list && sub && sub !== NEW && !one && again().catch(complain)), [sub]);
  if (sub === NEW) return html`<${Builder} key="new" one=${null} done=${async (/** @type {any} */ rule) => { await again(); go("settings", "rules", rule?.id ?? ""); }} />`;
  if (one) return html`<${Rule} key=${one.id} one=${one} again=${again} />`;
  return html`
    <${Title} title=${t("settings.rules")} hint=${t("rules.hint")} add=${t("rules.add")} onAdd=${() => go("settings", "rules", NEW)} />
    <ul class="plain-list cards">${(list ?? []).map((each) => html`<li key=${each.id} class="card-row">
      <${Icon} name="workflow" /><a class="grow rule-link" href=${address("settings", "rules", each.id)}><strong>${each.name}</strong><span class="quiet">${sentence(each)}</span></a>
      <${Switch} one=${each} again=${again} />
    </li>`)}</ul>
    ${list && !list.length ? html`<p class="hint">${t("rules.none")}</p>` : ""}
  `;
}
