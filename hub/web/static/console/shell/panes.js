// @ts-check
/** Three panes: how wide they are, which the operator decides by mouse or arrow keys and finds again. */

import { effect, signal } from "../../vendor/preact-signals.js";
import { html } from "../../vendor/htm-preact.js";
import { t } from "../words.js";

const KEPT = "panes";
const LEAST = { list: 240, panel: 240 };
const MOST = { list: 520, panel: 520 };
const STEP = 16;

/** @returns {{list: number, panel: number, folded: boolean}} */
function remembered() {
  try {
    return { list: 320, panel: 320, folded: false, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
  } catch {
    return { list: 320, panel: 320, folded: false };
  }
}

const widths = signal(remembered());
/** On narrow screens the panel lies over the timeline, when it is asked for. */
export const panelOver = signal(false);
export const folded = () => widths.value.folded;

effect(() => {
  const { list, panel, folded } = widths.value;
  const style = document.documentElement.style;
  style.setProperty("--list-width", `${list}px`);
  style.setProperty("--panel-width", folded ? "0px" : `${panel}px`);
  localStorage.setItem(KEPT, JSON.stringify(widths.value));
});

export function foldPanel() {
  if (innerWidth <= 1180) panelOver.value = !panelOver.value;
  else widths.value = { ...widths.value, folded: !widths.value.folded };
}

/** @param {"list" | "panel"} pane @param {number} width */
const set = (pane, width) => (widths.value = { ...widths.value, [pane]: Math.round(Math.max(LEAST[pane], Math.min(MOST[pane], width))) });

/** The line between two panes. @param {{pane: "list" | "panel"}} props */
export function Divider({ pane }) {
  const towards = pane === "list" ? 1 : -1;
  /** @param {PointerEvent} down */
  const grab = (down) => {
    const line = /** @type {HTMLElement} */ (down.currentTarget);
    const start = widths.value[pane];
    line.setPointerCapture(down.pointerId);
    line.onpointermove = (move) => set(pane, start + towards * (move.clientX - down.clientX));
    line.onpointerup = () => (line.onpointermove = null);
  };
  /** @param {KeyboardEvent} event */
  const pressed = (event) => {
    const by = { ArrowRight: STEP, ArrowLeft: -STEP }[event.key];
    if (!by) return;
    event.preventDefault();
    set(pane, widths.value[pane] + towards * by);
  };
  return html`<div class="divider ${pane}-divider" role="separator" aria-orientation="vertical" tabindex="0" aria-label=${t(`panes.${pane}`)}
    aria-valuenow=${widths.value[pane]} aria-valuemin=${LEAST[pane]} aria-valuemax=${MOST[pane]} onPointerDown=${grab} onKeyDown=${pressed}></div>`;
}
