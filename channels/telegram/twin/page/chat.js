// The pane on the right: one person's chat with the bot.

import { bubble, summary } from "./bubble.js";
import { Composer } from "./composer.js";
import { avatar, el, tool } from "./dom.js";
import { day, say } from "./words.js";

const REACTIONS = ["👍", "❤", "😁", "🎉", "🙏", "😢", "👎"];
const TOLD = 5000;
const NEAR = 80;

export class Chat {
  constructor(store, { back, rename, alert }) {
    Object.assign(this, { store, rename, alert });
    this.head = el("header");
    this.back = tool("back", say("back"), back);
    this.log = el("div", { class: "log", role: "log", "aria-label": say("log"), tabindex: "0" });
    this.told = el("div", { class: "told", role: "status" });
    this.composer = new Composer((act, files) => this.act(act, files));
    this.notice = el("div", { class: "notice", hidden: true });
    this.picker = el("div", { class: "picker", role: "group", "aria-label": say("react"), hidden: true });
    this.empty = el("p", { class: "empty" }, say("choose"));
    this.element = el("main", null, this.empty, this.head, this.told, el("div", { class: "scroll" }, this.log), this.notice, this.composer.element, this.picker);
    this.scroller = this.log.parentElement;
    document.addEventListener("click", ({ target }) => this.picker.contains(target) || target.closest(".tool.react") || (this.picker.hidden = true));
    document.addEventListener("keydown", ({ key }) => key === "Escape" && (this.picker.hidden = true));
  }

  open(number) {
    this.number = number;
    this.say("");
    this.composer.begin(this.#chat?.title ?? "");
    this.draw();
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  get #chat() {
    return this.store.chats.get(this.number);
  }

  draw() {
    const chat = this.#chat;
    for (const part of [this.head, this.scroller]) part.hidden = !chat;
    this.empty.hidden = Boolean(chat);
    this.#foot(chat);
    if (!chat) return;
    this.#title(chat);
    const near = this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < NEAR;
    this.log.replaceChildren(...this.#rows());
    if (near) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  /** Who it is, and whether the bot is at it. */
  title() {
    if (this.#chat) this.#title(this.#chat);
  }

  #title(chat) {
    const { bot, typing } = this.store;
    const busy = typing.get(chat.id);
    const word = busy && (busy.action === "typing" ? "typing" : "sending");
    const names = chat.kind === "private" ? [chat.username && `@${chat.username}`, chat.language, chat.id] : [say(chat.kind), chat.id];
    this.head.replaceChildren(this.back, avatar(chat.title, chat.id),
      el("div", null, el("h1", null, chat.title), el("small", { class: busy ? "busy" : "" }, word ? say(word, { name: bot.first_name }) : names.filter(Boolean).join(" · "))),
      ...(chat.kind === "private" ? [
        tool("edit", say("rename"), () => this.rename(chat)),
        chat.blocked ? null : tool("block", say("block"), () => this.act({ do: "block" })),
      ].filter(Boolean) : []));
  }

  #foot(chat) {
    const open = chat && chat.kind === "private" && chat.started && !chat.blocked;
    this.composer.element.hidden = !open;
    this.notice.hidden = open || !chat || chat.kind !== "private";
    if (open) this.composer.keys(this.store.keyboard(chat.id), (button) => this.act({ do: "press", button: button.text }));
    else if (chat) this.notice.replaceChildren(...this.#closed(chat));
  }

  #closed(chat) {
    const start = () => this.act({ do: "start" });
    const unblock = () => this.act({ do: "unblock" });
    if (!chat.blocked) return [el("button", { type: "button", class: "primary", onclick: start }, say("start"))];
    return [el("p", null, say("blocked", { name: chat.title })), el("button", { type: "button", class: "primary", onclick: unblock }, say("unblock"))];
  }

  #rows() {
    const rows = [];
    let last = "";
    for (const group of albums(this.store.of(this.number))) {
      const date = day(group[0].message.date);
      if (date !== last) rows.push(el("p", { class: "day" }, date));
      last = date;
      rows.push(bubble(group, this.store.bot, this.#does));
    }
    return rows;
  }

  #does = {
    press: (message, button) => this.act({ do: "press", message, button: button.callback_data ?? button.text }),
    react: (message, emoji) => this.act({ do: "react", message, emoji }),
    reply: (id) => this.composer.reply(this.#message(id), summary(this.#message(id))),
    edit: (id) => this.composer.edit(this.#message(id)),
    command: (text) => this.act({ text }),
    show: (id) => document.getElementById(`m${id}`)?.scrollIntoView({ block: "center" }),
    choose: (id, near) => this.#choose(id, near),
  };

  #message(id) {
    return this.store.messages.get(this.number).get(id).message;
  }

  #choose(id, near) {
    const chosen = (emoji) => () => {
      this.picker.hidden = true;
      this.#does.react(id, emoji);
    };
    this.picker.replaceChildren(...REACTIONS.map((emoji) => el("button", { type: "button", onclick: chosen(emoji) }, emoji)));
    this.picker.hidden = false;
    const [place, pane] = [near.getBoundingClientRect(), this.element.getBoundingClientRect()];
    const left = Math.min(place.left - pane.left, pane.width - this.picker.offsetWidth - 8);
    this.picker.style.left = `${Math.max(8, left)}px`;
    this.picker.style.top = `${Math.max(56, place.top - pane.top - this.picker.offsetHeight - 4)}px`;
    this.picker.firstChild.focus();
  }

  /** The bot's word on a pressed button. */
  answered({ text, alert }) {
    if (alert && text) this.alert(text);
    else this.say(text);
  }

  say(text) {
    this.told.textContent = text;
    clearTimeout(this.hush);
    if (text) this.hush = setTimeout(() => (this.told.textContent = ""), TOLD);
  }

  async act(act, files) {
    this.say("");
    const why = await this.store.act({ who: `${this.number}`, ...act }, files);
    // The bot may have answered meanwhile: only a refusal replaces its words.
    if (why) this.say(say("refused", { why }));
    if (!why) this.scroller.scrollTop = this.scroller.scrollHeight;
    return why;
  }
}

/** Messages of one album stand together. */
function albums(messages) {
  const groups = [];
  for (const one of messages) {
    const album = one.message.media_group_id;
    if (album && groups.at(-1)?.[0].message.media_group_id === album) groups.at(-1).push(one);
    else groups.push([one]);
  }
  return groups;
}
