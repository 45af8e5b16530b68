// @ts-check
/** What lies over the page until it is done with: one dialog at a time, the browser keeps the focus in it. */

import { signal } from "../../vendor/preact-signals.js";
import { html } from "../../vendor/htm-preact.js";
import { useLayoutEffect, useRef } from "../../vendor/preact-hooks.js";
import { t } from "../words.js";
import { Icon } from "./icon.js";

/** @typedef {{title: string, body: () => any, side?: boolean, wide?: boolean}} Content */

export const sheet = signal(/** @type {Content | null} */ (null));

/** @param {Content} content side: at the right edge, as high as the page. */
export const lay = (content) => (sheet.value = content);
export const fold = () => (sheet.value = null);

export function Sheet() {
  const content = sheet.value;
  return content ? html`<${Dialog} key=${content.title} content=${content} />` : null;
}

/** @param {{content: Content}} props */
function Dialog({ content }) {
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useLayoutEffect(() => {
    const from = /** @type {HTMLElement | null} */ (document.activeElement);
    box.current?.showModal();
    return () => from?.isConnected && from.focus();
  }, []);
  const Body = content.body;
  return html`
    <dialog ref=${box} class="sheet ${content.side ? "side" : ""} ${content.wide ? "wide-sheet" : ""}" aria-label=${content.title} onClose=${fold}
      onKeyDown=${(/** @type {Event} */ event) => event.stopPropagation()}
      onClick=${(/** @type {any} */ event) => event.target === box.current && fold()}>
      <header class="sheet-head">
        <h2>${content.title}</h2>
        <button class="plain" onClick=${fold} aria-label=${t("sheet.close")}><${Icon} name="x" /></button>
      </header>
      <div class="sheet-body"><${Body} /></div>
    </dialog>
  `;
}
