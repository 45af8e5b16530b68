// @ts-check
/** A mail as a card: who to whom about what, its words, what it quotes folded, and all of it as it was designed. */

import { html } from "../../vendor/htm-preact.js";
import { useMemo, useState } from "../../vendor/preact-hooks.js";
import { Icon } from "../shell/icon.js";
import { listed, t } from "../words.js";
import { Edited, Mark } from "./delivery.js";
import { Files } from "./files.js";
import { Frame } from "./frame.js";
import { showSource } from "./originals.js";
import { Prose } from "./prose.js";
import { parsed, Rich } from "./rich.js";
import { Unproven } from "./unproven.js";

/** How programs and people begin what they quote. */
const QUOTE = /\n(?:On .{5,200}wrote:|.{5,200}(?:пишет|написал\(а\)|написа):|-{2,} ?(?:Original Message|Forwarded message|Исходное сообщение).*|From: .+|От: .+)?\s*\n(?:>.*(?:\n|$)){1,}[\s\S]*$/;
/** What a page of a mail has that words alone do not tell. */
const DESIGNED = /<(?:img|table|ul|ol|h[1-6]|b|strong|i|em|font|pre)\b|style=|bgcolor=/i;
/** More than this many times as long as the answer: then what is answered stands below it. */
const LONGER = 1.3;
const SLACK = 80;

/** @param {{entry: import("./entries.js").Entry}} props */
export function Mail({ entry }) {
  const subject = entry.data?.subject;
  const ours = entry.direction === "outbound";
  return html`
    <div class="card">
      ${subject ? html`<h2>${subject}</h2>` : ""}
      <${People} entry=${entry} />
      ${ours ? "" : html`<${Unproven} entry=${entry} />`}
      ${ours ? html`<${Written} entry=${entry} />` : html`<${Received} entry=${entry} />`}
      <${Files} files=${(entry.files ?? []).filter((one) => !one.inline)} />
      <footer class="card-foot">
        ${ours ? "" : html`<button class="plain link" onClick=${() => showSource(entry)}>${t("mail.source")}</button>`}
        <span class="grow"></span><${Edited} entry=${entry} />${ours ? html`<${Mark} entry=${entry} />` : ""}
      </footer>
    </div>
  `;
}

/** From whom, to whom, with copies to whom. @param {{entry: import("./entries.js").Entry}} props */
function People({ entry }) {
  const { from, to, cc, bcc, reply_to: replyTo } = entry.data ?? {};
  const lines = /** @type {[string, any][]} */ ([["from", from], ["to", to ?? (entry.direction === "outbound" ? entry.contact_point?.value : null)], ["cc", cc], ["bcc", bcc], ["reply-to", replyTo]]);
  const known = lines.map(([word, list]) => [word, people(list)]).filter(([, names]) => names.length);
  if (!known.length) return null;
  return html`<dl class="mail-people">${known.map(([word, names]) => html`<div><dt>${t(`mail.${word}`)}</dt><dd>${listed(/** @type {string[]} */ (names))}</dd></div>`)}</dl>`;
}

/** Addresses as a channel writes them down: words, or a name and an address. @param {any} given @returns {string[]} */
function people(given) {
  const all = Array.isArray(given) ? given : given ? [given] : [];
  return all.map((one) => (typeof one === "string" ? one : one.name ? `${one.name} <${one.address}>` : one.address)).filter(Boolean);
}

/** What we wrote. @param {{entry: import("./entries.js").Entry}} props */
const Written = ({ entry }) => html`<div class="said ${entry.html ? "rich" : ""}">${entry.html ? html`<${Rich} source=${entry.html} files=${entry.files} />` : html`<${Prose} text=${entry.text} />`}</div>`;

/** @param {{entry: import("./entries.js").Entry}} props */
function Received({ entry }) {
  const [text, quoted] = split(entry.text);
  const more = useMemo(() => beyond(entry), [entry.html, entry.text]);
  const [whole, setWhole] = useState(!more.quotes && more.designed);
  const [open, setOpen] = useState(false);
  if (whole) return html`
    <${Frame} entry=${entry} />
    ${more.quotes ? html`<button class="plain link" aria-expanded="true" onClick=${() => setWhole(false)}>${t("mail.fold")}</button>` : ""}`;
  return html`
    <div class="said"><${Prose} text=${text} /></div>
    ${more.quotes || more.designed ? html`<button class="plain link" aria-expanded="false" onClick=${() => setWhole(true)}>${t("mail.whole")}</button>` : ""}
    ${quoted ? html`
      <button class="plain link" aria-expanded=${open ? "true" : "false"} onClick=${() => setOpen(!open)}>${t(open ? "mail.fold" : "mail.quote")}</button>
      ${open ? html`<blockquote class="said">${quoted}</blockquote>` : ""}` : ""}
  `;
}

/** What the mail holds beside the words that are shown of it. @param {import("./entries.js").Entry} entry */
function beyond({ html: source, text }) {
  if (!source) return { quotes: false, designed: false };
  const all = parsed(source).textContent?.replace(/\s+/g, " ").trim() ?? "";
  return { quotes: all.length > text.replace(/\s+/g, " ").length * LONGER + SLACK, designed: DESIGNED.test(source) };
}

/** What is said, and what is quoted below it. @param {string} text @returns {[string, string]} */
export function split(text) {
  const found = QUOTE.exec(`\n${text}`);
  return found ? [text.slice(0, Math.max(0, found.index - 1)).trimEnd(), found[0].trim()] : [text, ""];
}
