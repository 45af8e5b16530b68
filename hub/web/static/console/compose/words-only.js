// @ts-check
/** The field for plain words: as high as what is in it. */

import { html } from "../../vendor/htm-preact.js";
import { useLayoutEffect, useRef } from "../../vendor/preact-hooks.js";

const HIGHEST = 220;
/** Where the browser does not fit a field to its words by itself. */
const FITS = CSS.supports("field-sizing", "content");

/** @typedef {{focus: () => void, insert: (words: string, from?: number) => void}} Pen */

/** @param {{pen: {current: Pen | null}, value: string, label: string, placeholder: string, wrote: (text: string, caret: number) => void, moved: (caret: number) => void, pasted: (files: FileList) => void, more: any, onKeyDown: (event: KeyboardEvent) => void}} props */
export function WordsOnly({ pen, value, label, placeholder, wrote, moved, pasted, more, onKeyDown }) {
  const area = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  useLayoutEffect(() => {
    const box = area.current;
    if (!box || FITS) return;
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight + 2, HIGHEST)}px`;
  }, [value, label]);
  useLayoutEffect(() => {
    pen.current = {
      focus: () => area.current?.focus(),
      insert(words, from) {
        const box = /** @type {HTMLTextAreaElement} */ (area.current);
        box.focus();
        box.setRangeText(words, from ?? box.selectionStart, box.selectionEnd, "end");
        wrote(box.value, box.selectionStart);
      },
    };
  });
  return html`<textarea ref=${area} class="pen" rows="2" value=${value} aria-label=${label} placeholder=${placeholder} ...${more}
    onInput=${(/** @type {any} */ event) => wrote(event.target.value, event.target.selectionStart)}
    onClick=${(/** @type {any} */ event) => moved(event.target.selectionStart)}
    onPaste=${(/** @type {any} */ event) => event.clipboardData.files.length && (event.preventDefault(), pasted(event.clipboardData.files))} onKeyDown=${onKeyDown}></textarea>`;
}
