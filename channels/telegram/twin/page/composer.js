// Where one writes as the chosen person: words, files, a recorded voice, and what is rarer.

import { el, icon, tool } from "./dom.js";
import { say } from "./words.js";

const RARER = {
  video_note: { files: [{ kind: "video_note" }] },
  audio: { files: [{ kind: "audio", title: "Silence", performer: "Nobody" }] },
  animation: { files: [{ kind: "animation" }] },
  "sticker, animated": { files: [{ kind: "sticker", format: "animated", emoji: "😀" }] },
  "sticker, video": { files: [{ kind: "sticker", format: "video", emoji: "😀" }] },
  "file of 25 MB": { files: [{ kind: "file", size: 26214400 }] },
  "contact of another": { do: "contact", contact: { phone_number: "+359888555010", first_name: "Мария" } },
};
const KINDS = [
  "venue", "live_location", "dice", "story", "paid_media", "gift", "checklist", "invoice", "game", "giveaway", "pinned_message",
  "successful_payment", "users_shared", "write_access_allowed", "message_auto_delete_timer_changed", "unsupported", "future",
];

export class Composer {
  /** `act(act, files)` does it as the chosen person. */
  constructor(act) {
    this.act = act;
    this.field = el("textarea", { rows: "1", dir: "auto", maxlength: "4096", oninput: () => this.#grow(), onkeydown: (event) => this.#key(event) });
    this.picker = el("input", { type: "file", multiple: true, hidden: true, tabindex: "-1", "aria-hidden": "true", onchange: () => this.#picked() });
    this.attach = tool("attach", say("attach"), () => this.#toggle(), { "aria-expanded": "false" });
    this.send = tool("send", say("send"), () => this.submit());
    this.voice = tool("voice", say("voice"), () => this.#record());
    this.menu = el("div", { class: "menu", hidden: true }, this.#items());
    this.context = el("div", { class: "context", hidden: true });
    this.keyboard = el("div", { class: "keyboard", role: "group", "aria-label": say("keyboard"), hidden: true });
    this.element = el("form", { class: "composer", onsubmit: (event) => event.preventDefault() },
      this.context, this.keyboard, this.menu,
      el("div", { class: "line" }, this.attach, this.field, this.picker, this.voice, this.send));
    document.addEventListener("keydown", ({ key }) => key === "Escape" && this.#toggle(false));
    document.addEventListener("click", ({ target }) => this.element.contains(target) || this.#toggle(false));
    this.#grow();
  }

  /** Another person: nothing half-done stays. */
  begin(name) {
    this.field.placeholder = say("write", { name });
    this.field.setAttribute("aria-label", say("write", { name }));
    this.answering = this.editing = null;
    this.field.value = "";
    this.#context();
    this.#grow();
  }

  reply(message, line) {
    Object.assign(this, { answering: message, editing: null });
    this.#context(say("replying"), line);
    this.field.focus();
  }

  edit(message) {
    Object.assign(this, { answering: null, editing: message });
    this.field.value = message.text ?? message.caption;
    this.#context(say("editing"), this.field.value);
    this.#grow();
    this.field.focus();
  }

  /** The buttons that the bot put in place of the letters. */
  keys(markup, press) {
    this.keyboard.hidden = !markup;
    this.keyboard.replaceChildren(...(markup?.keyboard ?? []).map((row) =>
      el("div", null, row.map((button) => el("button", { type: "button", onclick: () => press(button) }, button.text)))));
  }

  async submit() {
    const text = this.field.value.trim();
    if (!text) return;
    const act = this.editing ? { do: "edit", message: this.editing.message_id, text } : { text, ...this.#answer() };
    if (await this.act(act)) return;
    this.field.value = "";
    this.answering = this.editing = null;
    this.#context();
    this.#grow();
  }

  #answer() {
    return this.answering ? { reply: this.answering.message_id } : {};
  }

  #context(word, line) {
    this.context.hidden = !word;
    if (word) this.context.replaceChildren(el("span", null, el("strong", null, word), el("span", null, line)), tool("close", say("drop"), () => this.#drop()));
  }

  #drop() {
    if (this.editing) this.field.value = "";
    this.answering = this.editing = null;
    this.#context();
    this.#grow();
    this.field.focus();
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.submit();
  }

  #grow() {
    const words = this.field.value.trim() !== "";
    this.send.hidden = !words;
    this.voice.hidden = words;
  }

  #toggle(open = this.menu.hidden) {
    this.menu.hidden = !open;
    this.attach.setAttribute("aria-expanded", `${open}`);
    if (open) this.menu.querySelector("button").focus();
  }

  #items() {
    const item = (word, onclick) => el("button", { type: "button", onclick: () => { this.#toggle(false); onclick(); } }, say(word));
    const rarer = el("select", { "aria-label": say("rarer"), onchange: ({ target }) => this.#rarer(target) },
      el("option", { value: "" }, `${say("rarer")}…`),
      [...Object.keys(RARER), ...KINDS].map((kind) => el("option", { value: kind }, kind.replaceAll("_", " "))));
    return [
      item("photo", () => this.#pick("image/*,video/*", "photo")),
      item("file", () => this.#pick("", "file")),
      item("sticker", () => this.act({ files: [{ kind: "sticker", emoji: "😀" }], ...this.#answer() })),
      item("location", () => this.act({ do: "message", kind: "location" })),
      item("contact", () => this.act({ do: "contact" })),
      item("poll", () => this.act({ do: "message", kind: "poll" })),
      rarer,
    ];
  }

  #rarer(select) {
    const kind = select.value;
    select.value = "";
    this.#toggle(false);
    if (kind) this.act(RARER[kind] ?? { do: "message", kind });
  }

  #pick(accept, kind) {
    this.kind = kind;
    this.picker.accept = accept;
    this.picker.value = "";
    this.picker.click();
  }

  async #picked() {
    const files = [...this.picker.files];
    if (!files.length) return;
    const kinds = files.map((file) => (this.kind === "file" ? "file" : file.type.startsWith("video/") ? "video" : "photo"));
    const ready = await Promise.all(files.map((file, at) => (kinds[at] === "photo" ? asJpeg(file) : file)));
    const text = this.field.value.trim();
    await this.act({ text, files: ready.map((file, at) => ({ kind: kinds[at], name: file.name })), ...this.#answer() }, ready);
    this.field.value = "";
    this.#grow();
  }

  /** A voice as the microphone hears it; without one, a sample. */
  async #record() {
    if (this.recorder) return this.recorder.stop();
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      return this.act({ files: [{ kind: "voice" }] });
    }
    const parts = [];
    this.recorder = new MediaRecorder(stream, { mimeType: "audio/webm;codecs=opus" });
    this.recorder.ondataavailable = ({ data }) => parts.push(data);
    this.recorder.onstop = () => {
      stream.getTracks().forEach((track) => track.stop());
      this.recorder = null;
      this.#mark("voice", say("voice"));
      this.act({ files: [{ kind: "voice" }] }, [new File(parts, "voice.webm", { type: "audio/webm" })]);
    };
    this.recorder.start();
    this.#mark("stop", say("stop"));
  }

  #mark(shape, label) {
    this.voice.replaceChildren(icon(shape));
    this.voice.setAttribute("aria-label", label);
    this.voice.title = label;
    this.voice.classList.toggle("on", shape === "stop");
  }
}

/** Photos are JPEG at the provider, whatever they were before. */
async function asJpeg(file) {
  if (file.type === "image/jpeg") return file;
  const picture = await createImageBitmap(file);
  const canvas = el("canvas", { width: picture.width, height: picture.height });
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, picture.width, picture.height);
  context.drawImage(picture, 0, 0);
  const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
  return new File([made], file.name.replace(/\.\w+$/, ".jpg"), { type: "image/jpeg" });
}
