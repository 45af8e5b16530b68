// What this browser remembers of one chat: under keys that name hub and inbox, shared by all tabs.
// Where storage is refused (private windows, sandboxed frames), it lasts as long as the page.

import { parse, stringify } from "./native.js";

function disk() {
  try {
    return window.localStorage ?? {};
  } catch {
    return {};
  }
}

export class Store {
  #disk = disk();
  #prefix;

  constructor(chat) {
    this.#prefix = `besedka:${chat}:`;
  }

  get(name) {
    try {
      return parse(this.#disk[this.#prefix + name]);
    } catch {
      return null;
    }
  }

  set(name, value) {
    const [key, text] = [this.#prefix + name, stringify(value)];
    try {
      this.#disk[key] = text;
    } catch {
      // Full: from here on this page remembers for itself.
      this.#disk = { ...this.#disk, [key]: text };
    }
  }

  remove(name) {
    delete this.#disk[this.#prefix + name];
  }

  /** The names that begin so, in order. */
  names(start) {
    const found = [];
    for (const key of Object.keys(this.#disk)) {
      if (key.startsWith(this.#prefix + start)) found.push(key.slice(this.#prefix.length));
    }
    return found.sort();
  }

  /** All but what is `who`'s, and what was chosen for this browser. */
  wipe(who = null) {
    for (const name of this.names("")) {
      if (name !== "choices" && this.get(name)?.who !== who) this.remove(name);
    }
  }

  /** Tell of what other tabs change: the name, or "" when all is gone. */
  watch(changed) {
    addEventListener("storage", ({ key, storageArea }) => {
      if (storageArea !== this.#disk) return;
      if (key === null) changed("");
      else if (key.startsWith(this.#prefix)) changed(key.slice(this.#prefix.length));
    });
  }
}

/** `work` while no other tab does work of that name, where the browser can see to that. */
export async function alone(name, work) {
  let begun = false;
  const run = () => {
    begun = true;
    return work();
  };
  if (!navigator.locks) return run();
  try {
    return await navigator.locks.request(`besedka:${name}`, run);
  } catch (error) {
    // A sandboxed frame may not lock: it shares nothing with other tabs either.
    if (begun) throw error;
    return run();
  }
}
