// @ts-check
/** A mail as a card: subject, words, quotes folded; HTML in a frame where nothing can run and nothing is fetched. */

import { html } from "../../vendor/htm-preact.js";
import { useRef, useState } from "../../vendor/preact-hooks.js";
import { t } from "../words.js";
import { Edited, Mark } from "./delivery.js";
import { Files } from "./files.js";
import { Prose } from "./prose.js";

const POLICY = "default-src 'none'; img-src data: blob: 'self'; style-src 'unsafe-inline'";
const TALLEST = 900;
/** How programs and people begin what they quote. */
const QUOTE = /\n(?:On .{5,200}wrote:|.{5,200}(?:пишет|написал\(а\)|написа):|-{2,} ?(?:Original Message|Forwarded message|Исходное сообщение).*|From: .+|От: .+)?\s*\n(?:>.*(?:\n|$)){1,}[\s\S]*$/;

/** @param {{entry: import("./entries.js").Entry}} props */
export function Mail({ entry }) {
  const [open, setOpen] = useState(false);
  const [text, quoted] = split(entry.text);
  const subject = entry.data?.subject;
  return html`
    <div class="card">
      ${subject ? html`<h2>${subject}</h2>` : ""}
      ${(entry.data?.cc ?? []).length ? html`<p class="quiet">${t("mail.cc", { names: entry.data.cc.join(", ") })}</p>` : ""}
      ${entry.html ? html`<${Frame} source=${entry.html} />` : html`<div class="said"><${Prose} text=${text} /></div>`}
      ${quoted && !entry.html ? html`
        <button class="plain link" aria-expanded=${open ? "true" : "false"} onClick=${() => setOpen(!open)}>${t(open ? "mail.fold" : "mail.quote")}</button>
        ${open ? html`<blockquote class="said">${quoted}</blockquote>` : ""}` : ""}
      <${Files} files=${(entry.files ?? []).filter((one) => !one.inline)} />
      <p class="card-foot"><${Edited} entry=${entry} />${entry.direction === "outbound" ? html`<${Mark} entry=${entry} />` : ""}</p>
    </div>
  `;
}

/** What is said, and what is quoted below it. @param {string} text @returns {[string, string]} */
export function split(text) {
  const found = QUOTE.exec(`\n${text}`);
  return found ? [text.slice(0, Math.max(0, found.index - 1)).trimEnd(), found[0].trim()] : [text, ""];
}

/** @param {{source: string}} props */
function Frame({ source }) {
  const frame = useRef(/** @type {HTMLIFrameElement | null} */ (null));
  const page = `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><base target="_blank">${source}`;
  const loaded = () => {
    const root = frame.current?.contentDocument?.documentElement;
    if (frame.current && root) frame.current.style.height = `${Math.min(TALLEST, root.scrollHeight)}px`;
  };
  // Same origin so that its height can be read; without scripts it can do nothing with that.
  return html`<iframe ref=${frame} class="mail-html" title=${t("mail.html")} sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox" srcdoc=${page} onLoad=${loaded}></iframe>`;
}
