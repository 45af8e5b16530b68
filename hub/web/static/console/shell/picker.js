// @ts-check
/** One way to choose from many: a field to type in and a list to walk, under what was pressed or in the middle. */

import { signal } from "../../vendor/preact-signals.js";
import { html } from "../../vendor/htm-preact.js";
import { useEffect, useLayoutEffect, useRef, useState } from "../../vendor/preact-hooks.js";
import { complain } from "../trouble.js";
import { t } from "../words.js";
import { Icon } from "./icon.js";

/**
 * @typedef {{id: string, label: string, hint?: string, icon?: string, group?: string, checked?: boolean, keys?: string, run: () => unknown}} Choice
 * @typedef {{title: string, choices: Choice[], find?: (query: string) => Promise<Choice[]>, create?: (text: string) => Choice | null, anchor?: Element | null, wide?: boolean, empty?: string}} Question
 */

export const question = signal(/** @type {Question | null} */ (null));
const MOST = 60;
let from = /** @type {HTMLElement | null} */ (null);

/** @param {Question} asked */
export function choose(asked) {
  from = /** @type {HTMLElement | null} */ (document.activeElement);
  question.value = asked;
}

function close() {
  question.value = null;
  if (from?.isConnected) from.focus();
}

/** The words of a label may come in any order, each by its beginning or any part. @param {Choice} one @param {string[]} parts */
const fits = (one, parts) => parts.every((part) => `${one.label} ${one.hint ?? ""}`.toLocaleLowerCase().includes(part));

export function Picker() {
  const asked = question.value;
  return asked ? html`<${Choices} key=${asked.title} asked=${asked} />` : null;
}

/** @param {{asked: Question}} props */
function Choices({ asked }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [found, setFound] = useState(/** @type {Choice[]} */ ([]));
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const parts = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const own = asked.choices.filter((one) => fits(one, parts));
  const more = asked.create && text.trim() && !own.some((one) => one.label === text.trim()) ? [asked.create(text.trim())].filter((one) => one !== null) : [];
  const shown = [...own, ...found, ...more].slice(0, MOST);

  useLayoutEffect(() => {
    const dialog = /** @type {HTMLDialogElement} */ (box.current);
    dialog.showModal();
    stand(dialog, asked.anchor);
  }, []);
  useEffect(() => {
    if (!asked.find) return undefined;
    let current = true;
    const wait = setTimeout(() => asked.find?.(text).then((list) => current && setFound(list)).catch(complain), text ? 60 : 0);
    return () => {
      current = false;
      clearTimeout(wait);
    };
  }, [text]);
  useEffect(() => box.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }), [at]);

  /** @param {Choice | undefined} one */
  const take = (one) => {
    if (!one) return;
    close();
    Promise.resolve(one.run()).catch(complain);
  };
  /** @param {KeyboardEvent} event */
  const pressed = (event) => {
    event.stopPropagation();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt((at + step + shown.length) % Math.max(1, shown.length));
    else if (event.key === "Enter" && !event.isComposing) take(shown[at]);
    else return;
    event.preventDefault();
  };

  return html`
    <dialog ref=${box} class="picker ${asked.wide ? "wide-picker" : ""}" aria-label=${asked.title} onKeyDown=${pressed}
      onClose=${close} onClick=${(/** @type {any} */ event) => event.target === box.current && close()}>
      <input role="combobox" aria-expanded="true" aria-controls="choices" aria-label=${asked.title} placeholder=${asked.title} autocomplete="off"
        aria-activedescendant=${shown[at] ? `choice-${at}` : undefined} value=${text}
        onInput=${(/** @type {any} */ event) => { setText(event.target.value); setAt(0); }} />
      <ul id="choices" role="listbox" aria-label=${asked.title}>
        ${shown.map((one, index) => html`
          ${one.group && one.group !== shown[index - 1]?.group ? html`<li class="choice-group" role="presentation" key=${`group-${one.group}`}>${one.group}</li>` : ""}
          <li role="option" id=${`choice-${index}`} key=${one.id} class="choice" aria-selected=${index === at ? "true" : "false"}
            onPointerMove=${() => index !== at && setAt(index)} onClick=${() => take(one)}>
            ${one.icon ? html`<${Icon} name=${one.icon} />` : ""}
            <span class="grow">${one.label}</span>
            ${one.hint ? html`<span class="quiet">${one.hint}</span>` : ""}
            ${one.keys ? html`<kbd>${one.keys}</kbd>` : ""}
            ${one.checked ? html`<${Icon} name="check" label=${t("picker.chosen")} />` : ""}
          </li>
        `)}
      </ul>
      ${shown.length ? "" : html`<p class="hint" role="status">${asked.empty ?? t("picker.nothing")}</p>`}
    </dialog>
  `;
}

/** Under what was pressed, as far as there is room. @param {HTMLElement} dialog @param {Element | null | undefined} anchor */
function stand(dialog, anchor) {
  const place = anchor?.getBoundingClientRect();
  if (!place?.width) return;
  const { offsetWidth: width, offsetHeight: height } = dialog;
  const below = place.bottom + 4 + height < innerHeight;
  dialog.style.margin = "0";
  dialog.style.left = `${Math.max(8, Math.min(place.left, innerWidth - width - 8))}px`;
  dialog.style.top = `${below ? place.bottom + 4 : Math.max(8, place.top - height - 4)}px`;
}
