// The messages as they are shown: grouped by author, with day lines and marks. Only what changed is
// drawn anew, and only what is news is announced.

import { arrange, el, icon, set, tool } from "./dom.js";
import { setTimeout, stringify } from "./native.js";
import { linked } from "./text.js";

const GROUP = 5 * 60_000;
const NEAR = 60; // pixels from the end that still count as there
const FAR = 150; // pixels from the beginning at which more is asked for
const IMAGE = /^image\/(png|jpe?g|gif|webp|avif)$/;

const day = (one) => one.when.toDateString();
const together = (a, b) =>
  a && b && !a.mark === !b.mark && a.author === b.author && day(a) === day(b) &&
  Math.abs(a.when - b.when) < GROUP;

export class Log {
  #nodes = new Map(); // key → {node, drawn}
  #quiet = 0;

  constructor(chat) {
    this.chat = chat;
    const { speech: words } = chat;
    this.list = el("div", {
      id: "messages", class: "log", role: "log", "aria-relevant": "additions",
      "aria-label": words.say("messages"),
    });
    this.end = el("div", { class: "cards" });
    this.jump = tool("down", words.say("newest"), () => this.toEnd(), { hidden: true });
    this.scroller = el("div", {
      class: "scroll", tabindex: 0, role: "group", "aria-label": words.say("messages"),
      onscroll: () => this.#scrolled(),
    }, this.list, this.end);
    // A picture that arrives makes its message higher.
    this.scroller.addEventListener("load", () => this.chat.atEnd && this.toEnd(), true);
    this.node = el("div", { class: "body" }, this.scroller, this.jump);
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const there = scrollHeight - scrollTop - clientHeight < NEAR;
    this.jump.hidden = there;
    if (there !== this.chat.atEnd) {
      this.chat.atEnd = there;
      this.chat.changed();
    }
    if (scrollTop < FAR) this.chat.older();
  }

  /** Nothing of what was shown stays. */
  clear() {
    this.#nodes.clear();
    this.list.replaceChildren();
    this.chat.atEnd = true;
  }

  draw() {
    const { scroller, chat } = this;
    if (chat.quiet) this.#hush();
    const [top, height, first] = [scroller.scrollTop, scroller.scrollHeight, this.list.firstChild];
    const mine = chat.outbox.waiting.length;
    arrange(this.list, this.#rows());
    // What one writes oneself one wants to see.
    if (chat.atEnd || mine > (this.mine ?? 0)) this.toEnd();
    else if (this.list.firstChild !== first) scroller.scrollTop = top + scroller.scrollHeight - height;
    this.mine = mine;
    if (scroller.clientHeight && scroller.scrollHeight <= scroller.clientHeight) chat.older();
  }

  /** What comes now is history, not news. */
  #hush() {
    this.chat.quiet = false;
    set(this.list, "aria-live", "off");
    const hushed = (this.#quiet += 1);
    setTimeout(() => hushed === this.#quiet && set(this.list, "aria-live", "polite"), 500);
  }

  #rows() {
    const shown = this.#shown();
    const rows = [];
    const keys = new Set();
    const put = (key, facts, make) => {
      const known = this.#nodes.get(key);
      const drawn = stringify(facts);
      const node = known?.node ?? el("div");
      if (known?.drawn !== drawn) make(node);
      this.#nodes.set(key, { node, drawn });
      keys.add(key);
      rows.push(node);
    };
    if (!this.chat.history.fetched || this.chat.history.complete) {
      const greeting = { text: this.chat.config.greeting, files: [], first: true };
      put("hello", greeting, (node) => this.#draw(node, greeting));
    }
    for (let at = 0; at < shown.length; at += 1) {
      const [before, one, after] = [shown[at - 1], shown[at], shown[at + 1]];
      if (!before || day(before) !== day(one)) {
        const name = this.chat.speech.day(one.when);
        put(day(one), name, (node) => node.replaceChildren(el("div", { class: "day" }, name)));
      }
      const facts = { ...one, first: !together(before, one), last: !together(one, after), newest: !after };
      put(one.key, facts, (node) => this.#draw(node, facts));
    }
    for (const key of this.#nodes.keys()) if (!keys.has(key)) this.#nodes.delete(key);
    return rows;
  }

  /** Recorded messages, then those on their way: what the drawing depends on, and no more. */
  #shown() {
    const { history, outbox, pressed } = this.chat;
    const shown = [];
    const heard = new Set();
    const show = (key, mark, when, one) => {
      const { id, text, deleted, files = [], buttons = [], author } = one;
      const more = mark ? {} : { buttons, author: author?.name, pressed: pressed[id]?.value };
      shown.push({ key, id, mark, when: new Date(when), text, deleted, files, ...more });
    };
    for (const one of history.sorted) {
      const mark = one.position <= history.shown ? "read" : "sent";
      heard.add(one.client_id);
      show(one.client_id || one.id, one.direction === "inbound" && mark, one.recorded_at, one);
    }
    for (const one of outbox.waiting) {
      if (!heard.has(one.client_id)) show(one.client_id, one.failed ? "failed" : "sending", one.at, one);
    }
    return shown;
  }

  #draw(node, one) {
    const { speech: words, config } = this.chat;
    const { mark, first, last, text } = one;
    node.className = `row ${mark ? "mine" : "theirs"}${first ? " first" : ""}`;
    const name = mark ? words.say("you") : one.author || config.name;
    const bubble = el("div", { class: "bubble", dir: "auto" });
    if (one.deleted) bubble.append(el("em", null, words.say("deleted")));
    else bubble.append(...linked(text), ...this.#files(one.files));
    node.replaceChildren(el("span", { class: mark || !first ? "hid" : "who" }, name), bubble);
    if (one.buttons?.length && (one.newest || one.pressed)) node.append(this.#buttons(one));
    if (last || mark === "failed" || mark === "sending") node.append(this.#meta(one));
  }

  *#files(files) {
    for (const { name, size, url, content_type: type } of files) {
      const image = IMAGE.test(type);
      yield el("a", { href: url, target: "_blank", rel: "noreferrer", class: image ? "image" : "file" },
        ...(image
          ? [el("img", { src: url, alt: name, loading: "lazy" })]
          : [el("span", null, name), el("small", null, this.chat.speech.size(size))]));
    }
  }

  #buttons({ id, buttons, pressed }) {
    const group = el("div", { class: "quick", role: "group", "aria-label": this.chat.speech.say("replies") });
    for (const { label, value } of buttons) {
      group.append(el("button", {
        type: "button", disabled: pressed !== undefined, "aria-pressed": `${pressed === value}`,
        onclick: () => this.chat.press(id, value),
      }, label));
    }
    return group;
  }

  #meta({ when, mark, key }) {
    const { speech: words, outbox } = this.chat;
    const failed = mark === "failed";
    const told = mark && words.say(mark);
    const meta = el("div", { class: `meta ${mark || ""}`, "aria-live": "off" },
      el("time", { datetime: when.toISOString(), title: words.full(when) }, words.time(when)));
    if (mark) meta.append(failed ? "" : icon(mark), el("span", { class: failed ? "mark" : "mark hid" }, failed ? `${told}: ${words.say("refused")}` : told));
    if (failed) {
      for (const [word, act] of [["retry", () => outbox.again(key)], ["delete", () => outbox.drop(key)]]) {
        meta.append(el("button", { type: "button", class: "link", onclick: act }, words.say(word)));
      }
    }
    return meta;
  }
}
