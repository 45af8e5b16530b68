// The live socket: comes back by itself, and does not trust one that may have died unnoticed.

import {
  WebSocket, backoff, clearTimeout, now, parse, setInterval, setTimeout, stringify,
} from "./native.js";

const TICK = 5_000;
const ASLEEP = 20_000; // this long without a tick: the machine slept
const READY_WITHIN = 15_000;
const TOO_MANY = 4429;

export class Live {
  ready = false;
  #socket = null;
  failures = 0; // in a row
  #again = 0;
  #tick = 0;
  #url;

  /** `hooks.hello()`: token and position to go on from, or null; `frame(frame)`; `changed()`. */
  constructor(base, hooks) {
    this.#url = `${base.replace(/^http/, "ws")}live`;
    this.hooks = hooks;
  }

  /** Send a frame if there is a socket; whether it went out. */
  say(frame) {
    if (this.ready) this.#socket.send(stringify(frame));
    return this.ready;
  }

  /** Connect anew, for another person or because the socket is not to be trusted. */
  restart() {
    this.stop();
    this.failures = 0;
    this.start();
  }

  stop() {
    const socket = this.#socket;
    this.#socket = null;
    this.ready = false;
    clearTimeout(this.#again);
    // Timers of both kinds have their numbers from one row (HTML, 8.6): one function ends both.
    clearTimeout(this.#tick);
    socket?.close();
  }

  start() {
    const hello = this.#socket ? null : this.hooks.hello();
    if (!hello) return;
    clearTimeout(this.#again);
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#watch();
    socket.onopen = () => socket.send(stringify({ type: "hello", ...hello }));
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket) this.#take(parse(data));
    };
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#closed(code, hello.token);
    };
  }

  #take(frame) {
    if (frame.type === "ready") {
      this.ready = true;
      this.failures = 0;
      this.hooks.changed();
    }
    this.hooks.frame(frame);
  }

  #closed(code, token) {
    this.stop();
    this.failures += 1;
    if (code === 4401) this.hooks.unknown(token);
    const wait = code === TOO_MANY ? 60_000 : backoff(this.failures);
    this.#again = setTimeout(() => this.start(), wait);
    this.hooks.changed();
  }

  #watch() {
    const begun = now();
    let last = begun;
    this.#tick = setInterval(() => {
      const asleep = now() - last > ASLEEP;
      last = now();
      if (asleep || (!this.ready && last - begun > READY_WITHIN)) this.#closed();
    }, TICK);
  }
}
