// @ts-check
/** Which drawn row shows which conversation: rows that leave lend what was drawn for them to rows that come. */

/**
 * Whoever stays keeps their place, and with it the focus; making rows anew costs several times what filling them does.
 * @param {Map<string, number>} before by conversation
 * @param {string[]} ids what is drawn now, from the top
 * @param {string | null} held the row the keyboard is on: nobody else comes to stand under it
 * @returns {Map<string, number>}
 */
export function slots(before, ids, held) {
  const wanted = new Set(ids);
  const free = [...before].filter(([id]) => !wanted.has(id) && id !== held).map(([, slot]) => slot);
  let next = Math.max(-1, ...before.values()) + 1;
  return new Map(ids.map((id) => [id, before.get(id) ?? free.shift() ?? next++]));
}
