// @ts-check
/** A one-time code: whoever sends it back from another channel is this customer. */

import { html } from "../../vendor/htm-preact.js";
import { useState } from "../../vendor/preact-hooks.js";
import { call } from "../api.js";
import { change, draft } from "../compose/draft.js";
import { inboxes } from "../session.js";
import { Copy } from "../settings/parts.js";
import { glyph, Icon } from "../shell/icon.js";
import { fold, lay } from "../shell/sheet.js";
import { conversation } from "../talk/opened.js";
import { write } from "../talk/writing.js";
import { complain } from "../trouble.js";
import { shortMoment, t } from "../words.js";

/** @param {any} person */
export const askLinkCode = (person) => lay({ title: t("code.title"), body: () => html`<${LinkCode} person=${person} />` });

/** @param {{person: any}} props */
function LinkCode({ person }) {
  const [made, setMade] = useState(/** @type {any} */ (null));
  const open = inboxes.value.filter((one) => one.enabled);
  /** @param {any} inbox */
  const issue = async (inbox) => setMade({ inbox, ...(await call("POST", `/customers/${person.id}/link-codes`, { channel: inbox.channel, inbox: inbox.id })) });
  if (!made) return html`
    <p>${t("code.meaning")}</p>
    <p class="quiet">${t("code.where")}</p>
    <div class="code-ways">${open.map((one) => html`<button key=${one.id} onClick=${() => issue(one).catch(complain)}><${Icon} name=${glyph(one.channel)} />${one.name}</button>`)}</div>`;
  const words = made.link || made.code;
  const here = conversation.value?.customer.id === person.id;
  const put = () => {
    fold();
    const rich = draft.value.html ? `${draft.value.html}<div>${words}</div>` : "";
    change({ text: [draft.value.text.trimEnd(), words].filter(Boolean).join("\n"), html: rich, note: false });
    write("reply");
  };
  return html`
    <p>${made.link ? t("code.byLink", { inbox: made.inbox.name }) : t("code.byWord", { inbox: made.inbox.name })}</p>
    ${made.link ? html`<${Copy} label=${t("code.link")} text=${made.link} />` : ""}
    <${Copy} label=${t("code.code")} text=${made.code} />
    <p class="quiet">${t("code.until", { time: shortMoment(made.expires_at) })}</p>
    <div class="actions">${here ? html`<button class="main" onClick=${put}><${Icon} name="corner-up-left" />${t("code.put")}</button>` : html`<button class="main" onClick=${fold}>${t("form.done")}</button>`}</div>`;
}
