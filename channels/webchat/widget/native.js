// What the browser offers, as it was when this script began: a page that replaces some of it later
// (old shims of fetch and JSON, recorders) does not reach the chat.

export const { WebSocket, XMLHttpRequest, clearTimeout, fetch, setInterval, setTimeout } = window;

export const { parse, stringify } = JSON;

export const { now } = Date;

/** Milliseconds before the next try, at random, so that all visitors do not come back at once. */
export const backoff = (failures) => Math.min(30_000, 500 * 2 ** failures) * (0.5 + Math.random() / 2);

/** Text that nobody can guess and that no two messages share, also where randomUUID is absent. */
export const unique = () => `${crypto.getRandomValues(new Uint32Array(4))}`;
