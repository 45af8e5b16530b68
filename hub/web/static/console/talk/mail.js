// @ts-check
/** A mail as a card: who to whom about what, its words, what it quotes folded, and all of it as it was designed. */

import { html } from "../../vendor/htm-preact.js";
import { useState } from "../../vendor/preact-hooks.js";
import { Icon } from "../shell/icon.js";
import { listed, size, t, word } from "../words.js";
import { Edited, Mark } from "./delivery.js";
import { Files } from "./files.js";
import { Frame } from "./frame.js";
import { showSource } from "./originals.js";
import { Prose } from "./prose.js";
import { Rich } from "./rich.js";
import { Unproven } from "./unproven.js";

/** How programs and people begin what they quote. */
const QUOTE = /\n(?:On .{5,200}wrote:|.{5,200}(?:пишет|написал\(а\)|написа):|-{2,} ?(?:Original Message|Forwarded message|Исходное сообщение).*|From: .+|От: .+)?\s*\n(?:>.*(?:\n|$)){1,}[\s\S]*$/;
/** What a page of a mail has that words alone do not tell. */
const DESIGNED = /<(?:img|table|ul|ol|h[1-6]|b|strong|i|em|font|pre)\b|style=|bgcolor=/i;

/** @param {{entry: import("./entries.js").Entry}} props */
export function Mail({ entry }) {
  const subject = entry.data?.subject;
  const ours = entry.direction === "outbound";
  const { text, full, more, designed } = shortened(entry);
  const [whole, setWhole] = useState(designed);
  return html`
    <div class="card">
      ${subject ? html`<h2>${subject}</h2>` : ""}
      <${People} entry=${entry} />
      ${ours ? "" : html`<${Machine} entry=${entry} /><${Unproven} entry=${entry} />`}
      ${entry.data?.forward_note ? html`<p class="quiet">${t("mail.forward-note", { text: entry.data.forward_note })}</p>` : ""}
      ${ours ? html`<${Written} entry=${entry} />` : whole ? html`<${Whole} entry=${entry} full=${full} />` : html`<div class="said"><${Prose} text=${text} /></div>`}
      <${Files} files=${(entry.files ?? []).filter((one) => !one.inline)} />
      <${LeftOut} entry=${entry} />
      <footer class="card-foot">
        ${!ours && more ? html`<button class="plain link" aria-expanded=${whole ? "true" : "false"} onClick=${() => setWhole(!whole)}>${t(whole ? "mail.fold" : "mail.whole")}</button>` : ""}
        ${ours ? "" : html`<button class="plain link" onClick=${() => showSource(entry)}>${t("mail.source")}</button>`}
        <span class="grow"></span><${Edited} entry=${entry} />${ours ? html`<${Mark} entry=${entry} />` : ""}
      </footer>
    </div>
  `;
}

/** From whom, to whom, with copies to whom. @param {{entry: import("./entries.js").Entry}} props */
function People({ entry }) {
  const { from, to, cc, bcc, reply_to: replyTo, forwarded_by: by } = entry.data ?? {};
  const ours = entry.direction === "outbound";
  // To whom we write stands above the card already, unless others are written to as well.
  const copied = Boolean(cc?.length || bcc?.length);
  // Whose name stands above the card is told here by the address alone.
  const sender = from?.name && from.name === entry.author?.name ? from.address : from;
  const lines = /** @type {[string, any][]} */ ([["from", sender], ["to", to ?? (ours && copied ? entry.contact_point?.value : null)], ["cc", cc], ["bcc", bcc], ["reply-to", replyTo], ["forwarded-by", by]]);
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

/**
 * The answer first, what it answers folded below it; a mail that answers nothing as it was designed.
 * @param {import("./entries.js").Entry} entry
 */
function shortened(entry) {
  const full = entry.data?.full_text ?? "";
  const [text, quoted] = full ? [entry.text, ""] : split(entry.text);
  return { text, full, designed: !full && DESIGNED.test(entry.html), more: Boolean(full || quoted) };
}

/** @param {{entry: import("./entries.js").Entry, full: string}} props */
const Whole = ({ entry, full }) => (entry.html ? html`<${Frame} entry=${entry} />` : html`<div class="said"><${Prose} text=${full || entry.text} /></div>`);

/** Files that were too large to be kept beside the mail. @param {{entry: import("./entries.js").Entry}} props */
const LeftOut = ({ entry }) => (entry.data?.left_out ?? []).map((/** @type {any} */ one) => html`<p class="quiet">${t("mail.leftOut", { name: one.name || t("mail.nameless"), size: size(one.size) })}</p>`);

/** That a machine wrote it, and which kind. @param {{entry: import("./entries.js").Entry}} props */
function Machine({ entry }) {
  const kind = entry.data?.kind;
  return !kind || kind === "personal" ? null : html`<span class="badge"><${Icon} name="zap" />${word("mail-kind", kind)}</span>`;
}

/** What is said, and what is quoted below it. @param {string} text @returns {[string, string]} */
export function split(text) {
  const found = QUOTE.exec(`\n${text}`);
  return found ? [text.slice(0, Math.max(0, found.index - 1)).trimEnd(), found[0].trim()] : [text, ""];
}
