// The messages as they are shown: grouped by author, with day lines and marks. Only what changed is
// drawn anew, and only what is news is announced.

import { arrange, aside, el, icon, set, tool } from "./dom.js";
import { setTimeout, stringify } from "./native.js";
import { linked } from "./text.js";

const GROUP = 5 * 60_000;
const NEAR = 60; // pixels from the end that still count as there
const FAR = 150; // pixels from the beginning at which more is asked for
const IMAGE = /^image\/(png|jpe?g|gif|webp|avif)$/;

const day = (one) => one.when.toDateString();
const group = (a, b) =>
  a && b && a.mine === b.mine && a.author === b.author && day(a) === day(b) &&
  Math.abs(a.when - b.when) < GROUP;

export class Log {
  #nodes = new Map(); // key → {node, drawn}
  #quiet = 0;

  constructor(chat) {
    this.chat = chat;
    const { words } = chat;
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
    const mine = chat.outbox.items.length;
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
    const greeting = this.chat.config.greeting || this.chat.words.say("greeting");
    if (!this.chat.history.loaded || this.chat.history.complete) {
      put("hello", greeting, (node) => this.#greet(node, greeting));
    }
    for (let at = 0; at < shown.length; at += 1) {
      const [before, one, after] = [shown[at - 1], shown[at], shown[at + 1]];
      if (!before || day(before) !== day(one)) {
        put(`day:${day(one)}`, this.chat.words.day(one.when), (node) => {
          node.className = "day";
          node.textContent = this.chat.words.day(one.when);
        });
      }
      const facts = { ...one, first: !group(before, one), last: !group(one, after), newest: !after };
      put(`m:${one.key}`, facts, (node) => this.#draw(node, facts));
    }
    for (const key of this.#nodes.keys()) if (!keys.has(key)) this.#nodes.delete(key);
    return rows;
  }

  /** Recorded messages, then those on their way: what the drawing depends on, and no more. */
  #shown() {
    const { history, outbox, pressed } = this.chat;
    const shown = [];
    const heard = new Set();
    for (const one of history.sorted) {
      const mine = one.direction === "inbound";
      if (one.client_id) heard.add(one.client_id);
      shown.push({
        key: one.client_id || one.id, id: one.id, mine, when: new Date(one.recorded_at),
        author: mine ? "" : one.author?.name ?? "", text: one.text, deleted: one.deleted,
        files: one.files, buttons: mine ? [] : one.buttons ?? [], pressed: pressed[one.id]?.value,
        mark: mine && (one.position <= history.seen ? "read" : "sent"),
      });
    }
    for (const one of outbox.items) {
      if (heard.has(one.client_id)) continue;
      shown.push({
        key: one.client_id, mine: true, when: new Date(one.at), author: "", text: one.text,
        files: one.files, buttons: [], mark: one.failed ? "failed" : "sending",
      });
    }
    return shown;
  }

  #greet(node, greeting) {
    node.className = "row theirs first last";
    node.replaceChildren(
      el("span", { class: "who" }, this.chat.config.name),
      el("div", { class: "bubble", dir: "auto" }, ...linked(greeting)),
    );
  }

  #draw(node, one) {
    node.className = `row ${one.mine ? "mine" : "theirs"}${one.first ? " first" : ""}${one.last ? " last" : ""}`;
    const { words } = this.chat;
    const name = one.mine ? words.say("you") : one.author || this.chat.config.name;
    const who = el("span", { class: one.mine || !one.first ? "hid" : "who" }, name);
    const bubble = el("div", { class: "bubble", dir: "auto" });
    if (one.deleted) {
      bubble.append(el("em", null, words.say("deleted")));
    } else {
      if (one.text) bubble.append(el("span", null, ...linked(one.text)));
      for (const file of one.files) bubble.append(this.#file(file));
    }
    node.replaceChildren(who, bubble);
    if (one.buttons.length && (one.newest || one.pressed)) node.append(this.#buttons(one));
    if (one.last || one.mark === "failed" || one.mark === "sending") node.append(this.#meta(one));
  }

  #file({ name, size, url, content_type: type }) {
    const link = { href: url, target: "_blank", rel: "noopener", class: "file", title: name };
    if (IMAGE.test(type) && url) {
      return el("a", { ...link, class: "image" }, el("img", { src: url, alt: name, loading: "lazy" }));
    }
    return el("a", link, icon("file"), el("span", null, name), el("small", null, this.chat.words.size(size)));
  }

  #buttons({ id, buttons, pressed }) {
    const group_ = el("div", {
      class: "quick", role: "group", "aria-label": this.chat.words.say("replies"),
    });
    for (const { label, value } of buttons) {
      group_.append(el("button", {
        type: "button", disabled: pressed !== undefined, "aria-pressed": `${pressed === value}`,
        onclick: () => this.chat.press(id, value),
      }, label));
    }
    return group_;
  }

  #meta({ when, mark, key }) {
    const { words, outbox } = this.chat;
    const meta = el("div", { class: `meta ${mark || ""}`, "aria-live": "off" });
    meta.append(el("time", { datetime: when.toISOString(), title: words.full.format(when) }, words.time.format(when)));
    if (!mark) return meta;
    const said = words.say(mark);
    meta.append(icon(mark), mark === "failed" ? el("span", { class: "mark" }, said) : el("span", { class: "mark hid" }, said));
    if (mark === "failed") {
      for (const [word, act] of [["retry", "again"], ["delete", "remove"]]) {
        meta.append(el("button", { type: "button", class: "link", onclick: () => outbox[act](key) }, words.say(word)));
      }
    }
    return meta;
  }
}
