// @ts-check
/** Walking the list by keyboard: one row is the current one, and opens with it when a conversation is on screen. */

import { cursor, rows } from "./rows.js";
import { leave, open, selected } from "../talk/opened.js";

/** @type {{show: (index: number, focus: boolean) => void}} told to by the list when it is drawn */
export const list = { show() {} };

/** @param {number} by */
export function step(by) {
  const all = rows.value ?? [];
  const at = all.findIndex((one) => one.id === (selected.value || cursor.value));
  to(at < 0 ? 0 : at + by, by);
}

export const firstRow = () => to(0, 0);

/** @param {number} index @param {number} by */
export function to(index, by) {
  const all = rows.value ?? [];
  const row = all[Math.max(0, Math.min(all.length - 1, index))];
  if (!row) return;
  cursor.value = row.id;
  const reading = Boolean(selected.value);
  if (reading && by) open(row);
  list.show(all.indexOf(row), !reading);
}

/** From the conversation to the list, with the focus on the row one came from. */
export function backToList() {
  const id = selected.value || cursor.value;
  leave();
  cursor.value = id;
  const index = (rows.value ?? []).findIndex((one) => one.id === id);
  requestAnimationFrame(() => list.show(Math.max(0, index), true));
}
