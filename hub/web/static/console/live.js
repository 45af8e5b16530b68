// @ts-check
/** One WebSocket that resumes where it was cut: no event is missed, none counts twice. */

import { signal } from "../vendor/preact-signals.js";
import { base } from "./api.js";

/** @typedef {{seq?: number, type: string, customer_id: string | null, conversation_id: string | null, data: any}} LiveEvent */

const PATIENCE = [250, 1000, 2000, 5000, 10000];
/** A break this short is not worth a word. */
const UNNOTICED_MS = 2500;

export const online = signal(true);

/** @type {[string, (event: LiveEvent) => void][]} */
const listeners = [];
/** @type {(() => unknown)[]} */
const resets = [];
/** @type {(() => unknown)[]} */
const greetings = [];

let seq = /** @type {number | null} */ (null);
let tries = 0;
let socket = /** @type {WebSocket | null} */ (null);
let noticing = 0;

/** Hear of every event whose type begins with `prefix`. @param {string} prefix @param {(event: LiveEvent) => void} hear */
export const on = (prefix, hear) => listeners.push([prefix, hear]);
/** What is on screen may have holes: load it again. @param {() => unknown} load */
export const onReset = (load) => resets.push(load);
/** The socket is open (again): say what it has to know. @param {() => unknown} greet */
export const onOpen = (greet) => greetings.push(greet);

/** @param {any} frame */
export function tell(frame) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}

export function connect() {
  const url = new URL(`${base}/api/v1/live`, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  socket = new WebSocket(url);
  socket.onopen = () => tell({ type: "hello", after: seq });
  socket.onmessage = (message) => receive(JSON.parse(message.data));
  socket.onclose = () => {
    noticing ||= setTimeout(() => (online.value = false), UNNOTICED_MS);
    const wait = PATIENCE[Math.min(tries++, PATIENCE.length - 1)] * (0.7 + Math.random() * 0.6);
    setTimeout(connect, wait);
  };
}

/** @param {any} frame */
function receive(frame) {
  if (frame.type === "ready") ready(frame.seq);
  else if (frame.type === "reset") seq = null;
  else if (frame.seq === undefined) pass(frame);
  else if (seq === null || frame.seq > seq) {
    seq = frame.seq;
    pass(frame);
  }
}

/** @param {number} start */
function ready(start) {
  tries = 0;
  clearTimeout(noticing);
  noticing = 0;
  // After a page load or a reset, what happened before this moment may not be on screen.
  const holes = seq === null;
  seq = start;
  online.value = true;
  greetings.forEach((greet) => greet());
  if (holes) resets.forEach((load) => load());
}

/** @param {LiveEvent} event */
function pass(event) {
  for (const [prefix, hear] of listeners) if (event.type.startsWith(prefix)) hear(event);
}
