// Where the visitor writes: text that is never cut, files with their progress, emoji.

import { arrange, el, tool } from "./dom.js";
import { picker } from "./emoji.js";

export class Composer {
  #files = []; // {file, sent: 0 to 1, done: what the hub says, failed, stop, node}

  /** `resized()`: at once, before the browser tells the log that it has moved. */
  constructor(chat, resized) {
    Object.assign(this, { chat, resized });
    const { speech: words, config } = chat;
    const say = (word) => words.say(word);
    this.field = el("textarea", {
      id: "text", rows: 1, dir: "auto", placeholder: say("write"), "aria-label": say("write"),
      enterkeyhint: "send", oninput: () => this.#typed(), onkeydown: (event) => this.#key(event),
      onpaste: (event) => this.#take(event, event.clipboardData?.files),
    });
    this.problem = el("p", { class: "problem", role: "alert" });
    this.chips = el("div", { class: "chips" });
    this.chooser = el("input", {
      id: "file", type: "file", multiple: true, class: "hid", tabindex: -1, "aria-hidden": "true",
      "aria-label": say("attach"),
      onchange: () => {
        this.#add(this.chooser.files);
        this.chooser.value = "";
      },
    });
    this.emoji = picker(say("emoji"), (one) => this.#insert(one));
    this.smile = tool("emoji", say("emoji"), () => this.showEmoji(this.emoji.hidden), {
      "aria-expanded": "false",
    });
    this.sender = tool("send", say("send"), () => this.#send(), { id: "send" });
    const attach = config.files && tool("attach", say("attach"), () => this.chooser.click());
    this.node = el("form", {
      class: "composer",
      onsubmit: (event) => {
        event.preventDefault();
        this.#send();
      },
    }, this.problem, this.chips, this.emoji,
    el("div", { class: "line" }, attach, config.files && this.chooser, this.field, this.smile, this.sender));
    this.restore();
  }

  /** Drop files on `panel`. */
  accept(panel) {
    const over = (event) => {
      event.preventDefault();
      panel.classList.toggle("dropping", event.type === "dragover" && Boolean(this.chat.config.files));
    };
    for (const type of ["dragover", "dragleave", "drop"]) panel.addEventListener(type, over);
    panel.addEventListener("drop", (event) => {
      if (!this.node.hidden) this.#take(event, event.dataTransfer.files);
    });
  }

  /** The draft of the person there is now. */
  restore() {
    const { text, files } = this.chat.draft;
    for (const one of this.#files) one.stop?.();
    this.#files = [];
    for (const done of files) this.#files.push({ file: done, sent: 1, done });
    this.field.value = text;
    this.problem.textContent = "";
    this.draw();
  }

  /** Nothing stays, but with `keep` what was written here. */
  reset(keep) {
    if (keep) this.#save();
    this.restore();
  }

  showEmoji(shown) {
    this.emoji.hidden = !shown;
    this.smile.setAttribute("aria-expanded", `${shown}`);
    if (shown) this.emoji.querySelector("[tabindex='0']").focus();
    else this.field.focus();
  }

  #insert(one) {
    this.field.setRangeText(one, this.field.selectionStart, this.field.selectionEnd, "end");
    this.showEmoji(false);
    this.#typed();
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#send();
  }

  #typed() {
    this.problem.textContent = "";
    this.chat.sayTyping();
    this.#save();
    this.draw();
  }

  #save() {
    const files = [];
    for (const one of this.#files) if (one.done) files.push(one.done);
    this.chat.draft = { text: this.field.value, files };
  }

  #excess() {
    const { value } = this.field;
    const most = this.chat.config.max_text;
    return value.length > most ? [...value].length - most : 0;
  }

  #take(event, files) {
    if (!files?.length || !this.chat.config.files) return;
    event.preventDefault();
    this.#add(files);
  }

  #add(files) {
    const { speech: words, config } = this.chat;
    const say = (word, values) => {
      this.problem.textContent = words.say(word, values);
    };
    this.problem.textContent = "";
    for (const file of files) {
      const { name } = file;
      if (this.#files.length >= config.files.max_count) say("too_many", { count: config.files.max_count });
      else if (file.size > config.files.max_bytes) say("too_large", { name, size: words.size(config.files.max_bytes) });
      else this.#upload(file);
    }
    this.field.focus();
  }

  async #upload(file) {
    const one = { file, sent: 0 };
    this.#files.push(one);
    this.draw();
    try {
      const sending = await this.chat.upload(file, (sent) => {
        one.sent = sent;
        this.draw();
      });
      one.stop = sending.stop;
      one.done = await sending.done;
      if (this.#files.includes(one)) this.#save();
    } catch (error) {
      if (!this.#files.includes(one)) return;
      const { speech: words, config } = this.chat;
      const [name, size] = [file.name, words.size(config.files.max_bytes)];
      this.#drop(one);
      this.problem.textContent = words.say(error.status === 413 ? "too_large" : "not_uploaded", { name, size });
    }
    this.draw();
  }

  #drop(one) {
    one.stop?.();
    this.#files.splice(this.#files.indexOf(one), 1);
    this.#save();
    this.draw();
  }

  #send() {
    const text = this.field.value;
    if (this.sender.disabled) return;
    const files = [];
    for (const { done } of this.#files) files.push(done);
    this.field.value = "";
    this.#files = [];
    this.#save();
    this.chat.send(text, files);
    this.field.focus();
    this.draw();
  }

  draw() {
    const [excess, { speech: words }] = [this.#excess(), this.chat];
    let ready = this.field.value.trim() || this.#files.length;
    const nodes = [];
    for (const one of this.#files) {
      if (!one.done) ready = false;
      nodes.push((one.node ??= this.#chip(one)));
      const bar = one.node.querySelector("progress");
      bar.value = one.sent;
      bar.hidden = Boolean(one.done);
    }
    arrange(this.chips, nodes);
    if (excess) this.problem.textContent = words.say("too_long", { count: excess });
    this.sender.disabled = !ready || Boolean(excess);
    this.field.style.height = "auto";
    if (this.field.scrollHeight) this.field.style.height = `${this.field.scrollHeight}px`;
    this.resized();
  }

  #chip(one) {
    const { name, size } = one.file;
    const { speech: words } = this.chat;
    return el("div", { class: "chip" }, el("span", { title: name }, name),
      el("small", null, words.size(size)), el("progress", { max: 1, "aria-label": name }),
      tool("close", words.say("remove", { name }), () => this.#drop(one)));
  }
}
