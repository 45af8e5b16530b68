// What was written and is not acknowledged: kept before it is sent, repeated under one client_id
// until the hub has it, strictly in the order it was written, whichever tab sends it.

import { backoff, now, setTimeout, unique } from "./native.js";
import { alone } from "./store.js";

export class Outbox {
  #items = new Map(); // name in the store → item
  #written = new Set(); // client_ids of what was written on this page
  #running = false;
  #more = false;
  #failures = 0;
  #wake = () => {};

  /** `hooks.accepted(item, answer)`, `hooks.missed()`: another tab sent it, and no echo came. */
  constructor(visit, store, hooks) {
    Object.assign(this, { visit, store, hooks });
    this.load();
  }

  /** In the order of writing. */
  get waiting() {
    const sorted = [];
    for (const name of [...this.#items.keys()].sort()) sorted.push(this.#items.get(name));
    return sorted;
  }

  load() {
    this.#items.clear();
    for (const name of this.store.names("out:")) this.#learn(name);
    this.kick();
  }

  #learn(name) {
    const item = this.store.get(name);
    if (item?.who === this.visit.who) this.#items.set(name, item);
  }

  add(text, files) {
    const newest = Number(this.store.names("out:").at(-1)?.slice(4, 20)) || 0;
    const at = Math.max(now(), newest + 1);
    const client_id = unique();
    const name = `out:${`${at}`.padStart(16, "0")}:${client_id}`;
    this.#written.add(client_id);
    this.#put(name, { who: this.visit.who, client_id, text, files, at: now() });
    this.kick();
  }

  #put(name, item) {
    this.#items.set(name, item);
    this.store.set(name, item);
    this.hooks.changed();
  }

  /** Another person now: nothing stays but, with `keep`, what was written on this very page. */
  reset(keep) {
    for (const [name, item] of this.#items) {
      const stays = keep && !item.gone && this.#written.has(item.client_id);
      if (stays) this.store.set(name, { ...item, who: this.visit.who });
    }
    this.load();
  }

  /** Another tab changed `name`. */
  follow(name) {
    const item = this.#items.get(name);
    if (this.store.get(name)) this.#learn(name);
    else if (item?.failed) this.#items.delete(name);
    else if (item) this.#gone(name, item);
    this.hooks.changed();
  }

  /** Sent by another tab: shown until the hub shows it. */
  async #gone(name, item) {
    item.gone = true;
    await this.hooks.missed();
    if (this.#items.get(name) === item) this.#items.delete(name);
    this.hooks.changed();
  }

  #name(clientId) {
    for (const [name, item] of this.#items) if (item.client_id === clientId) return name;
    return "";
  }

  /** The hub has it, or the visitor thought better of it. */
  drop(clientId) {
    const name = this.#name(clientId);
    if (!name) return;
    this.#items.delete(name);
    this.store.remove(name);
    this.hooks.changed();
  }

  /** The hub shows a message under this id: the same one, unless its words are another's. */
  heard({ client_id, text }) {
    if (this.#items.get(this.#name(client_id))?.text === text) this.drop(client_id);
  }

  again(clientId) {
    const name = this.#name(clientId);
    if (name) this.#put(name, { ...this.#items.get(name), failed: undefined });
    this.kick();
  }

  /** Try now what waits for its next try. */
  kick() {
    this.#more = true;
    this.#failures = 0;
    this.#wake();
    if (!this.#running) this.#run();
  }

  async #run() {
    this.#running = true;
    while (this.#more) {
      this.#more = false;
      let wait;
      while ((wait = await alone(`${this.visit.base}out`, () => this.#attempt())) >= 0) {
        if (wait && !this.#more) await this.#rest(wait);
        this.#more = false;
      }
    }
    this.#running = false;
  }

  #rest(wait) {
    return new Promise((done) => {
      this.#wake = done;
      setTimeout(done, wait);
    });
  }

  #oldest() {
    for (const name of [...this.#items.keys()].sort()) {
      const item = this.#items.get(name);
      if (!item.failed && !item.gone) return [name, item];
    }
    return [];
  }

  /** Try the oldest: milliseconds to wait before the next try, less than 0 when none is left. */
  async #attempt() {
    const [name, item] = this.#oldest();
    if (!item) return -1;
    if (!this.store.get(name)) {
      this.follow(name);
      return 0;
    }
    const body = { client_id: item.client_id, text: item.text, files: item.files.map(({ id }) => id) };
    try {
      const answer = await this.visit.call("POST", "messages", body);
      this.#failures = 0;
      this.hooks.accepted(item, answer);
      this.drop(item.client_id);
      return 0;
    } catch (error) {
      return this.#refused(name, item, error);
    }
  }

  #refused(name, item, error) {
    // Meanwhile another person's, or acknowledged over the socket.
    if (this.#items.get(name) !== item) return 0;
    if (error.code === "client-id-taken") {
      this.add(item.text, item.files);
      this.drop(item.client_id);
      return 0;
    }
    if (error.final) {
      this.#put(name, { ...item, failed: error.code });
      this.hooks.refused(error);
      return 0;
    }
    this.#failures += 1;
    return error.wait * 1000 || backoff(this.#failures);
  }
}
