// @ts-check
/** What several pages of the settings are made of. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { Icon } from "../shell/icon.js";
import { complain } from "../trouble.js";
import { t } from "../words.js";

/** @param {{title: string, hint?: string, add?: string, onAdd?: () => void}} props */
export const Title = ({ title, hint = "", add = "", onAdd }) => html`<header class="settings-head">
  <div class="grow"><h2>${title}</h2>${hint ? html`<p class="quiet">${hint}</p>` : ""}</div>
  ${add && onAdd ? html`<button class="main" onClick=${onAdd}><${Icon} name="plus" />${add}</button>` : ""}
</header>`;

/** A list from the server, and a way to read it again. @param {() => Promise<any[]>} read @returns {[any[] | null, () => Promise<void>]} */
export function useList(read) {
  const [list, setList] = useState(/** @type {any[] | null} */ (null));
  const again = async () => setList(await read());
  useEffect(() => void again().catch(complain), []);
  return [list, again];
}

/** Something that is shown once or copied somewhere. @param {{text: string, label: string, long?: boolean}} props */
export function Copy({ text, label, long = false }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 2000);
  };
  return html`<div class="copy"><span class="quiet">${label}</span>
    <div class="copy-line"><code class=${long ? "long" : ""} tabindex="0">${text}</code><button type="button" onClick=${() => copy().catch(complain)}><${Icon} name=${done ? "check" : "copy"} />${t(done ? "copy.done" : "copy.copy")}</button></div></div>`;
}
