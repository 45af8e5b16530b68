// @ts-check
/** One WebSocket that resumes where it was cut: no event is missed, none counts twice. */

import { base } from "./api.js";

const PATIENCE = [500, 1000, 2000, 5000, 10000];

/**
 * @param {{event: (event: any) => void, reset: () => void, state: (up: boolean) => void}} on
 * reset: what is on screen may have holes; load it again.
 */
export function follow(on) {
  let seq = /** @type {number | null} */ (null);
  let tries = 0;
  let socket = /** @type {WebSocket | null} */ (null);

  function connect() {
    const url = new URL(`${base}/api/v1/live`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    socket = new WebSocket(url);
    socket.onopen = () => socket?.send(JSON.stringify({ type: "hello", after: seq }));
    socket.onmessage = (message) => receive(JSON.parse(message.data));
    socket.onclose = () => {
      on.state(false);
      const wait = PATIENCE[Math.min(tries++, PATIENCE.length - 1)] * (0.7 + Math.random() * 0.6);
      setTimeout(connect, wait);
    };
  }

  /** @param {any} frame */
  function receive(frame) {
    if (frame.type === "ready") {
      tries = 0;
      const holes = seq === null;
      seq = frame.seq;
      on.state(true);
      // After a page load or a reset, what happened before this moment may not be on screen.
      if (holes) on.reset();
    } else if (frame.type === "reset") {
      seq = null;
    } else if (frame.seq === undefined) {
      on.event(frame);
    } else if (seq === null || frame.seq > seq) {
      seq = frame.seq;
      on.event(frame);
    }
  }

  connect();
  return {
    /** @param {any} frame */
    send(frame) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
    },
  };
}
