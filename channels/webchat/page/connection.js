// The way to the hub: the visit, the live socket that comes back by itself, and plain requests.

import { locale } from "./words.js";
import { store } from "./store.js";

const LONGEST_PAUSE = 30_000;

export class Refused extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
  }
}

export class Connection extends EventTarget {
  #socket = null;
  #failures = 0;
  #timer = 0;
  #visiting = null;
  last = null; // the position to resume after

  start() {
    window.addEventListener("online", () => this.#again(0));
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && !this.live) this.#again(0);
    });
    this.#connect();
  }

  get live() {
    return this.#socket?.ready === true;
  }

  /** Send a frame if the socket is open; whether it went out. */
  say(frame) {
    if (!this.live) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** The JSON answer of a request made with the visit's token. */
  async request(path, options = {}) {
    const answer = await fetch(path, {
      ...options,
      headers: { ...options.headers, Authorization: `Bearer ${await this.#token()}` },
    });
    if (answer.ok) return answer.status === 204 ? null : answer.json();
    if (answer.status === 401) store.token = null;
    const problem = await answer.json().catch(() => ({}));
    throw new Refused(answer.status, problem.code || "failed");
  }

  async #token() {
    if (store.token) return store.token;
    this.#visiting ??= this.#visit().finally(() => { this.#visiting = null; });
    return this.#visiting;
  }

  async #visit() {
    // Somebody the site vouched for must not go on as a stranger when that has run out.
    if (store.person && !store.jwt) throw new Refused(404, "not-proven");
    const answer = await fetch("visits", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(store.jwt ? { locale, jwt: store.jwt } : { locale }),
    });
    // A proof that is refused now will be refused again.
    if (answer.status === 401) throw new Refused(404, "not-proven");
    if (!answer.ok) throw new Refused(answer.status, "visit");
    store.token = (await answer.json()).token;
    return store.token;
  }

  async #connect() {
    clearTimeout(this.#timer);
    let token;
    try {
      token = await this.#token();
    } catch (error) {
      if (error.status === 404) this.dispatchEvent(new Event("closed"));
      this.#again();
      return;
    }
    const url = new URL("live", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onopen = () =>
      socket.send(JSON.stringify({ type: "hello", token, after: this.last }));
    socket.onmessage = (event) => this.#take(socket, JSON.parse(event.data));
    socket.onclose = (event) => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      if (event.code === 4401) store.token = null;
      this.dispatchEvent(new Event("lost"));
      this.#again();
    };
  }

  #take(socket, frame) {
    if (frame.type === "ready") {
      socket.ready = true;
      this.#failures = 0;
    }
    this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  #again(pause) {
    clearTimeout(this.#timer);
    if (this.#socket) return;
    this.#failures += 1;
    const longest = Math.min(LONGEST_PAUSE, 500 * 2 ** this.#failures);
    // At random, so that all visitors do not come back in one moment after a restart.
    this.#timer = setTimeout(() => this.#connect(), pause ?? longest * (0.5 + Math.random() / 2));
  }
}
