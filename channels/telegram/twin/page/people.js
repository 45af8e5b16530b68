// The list on the left: who there is to play.

import { avatar, el, tool } from "./dom.js";
import { summary } from "./bubble.js";
import { LANGUAGES, clock, language, say, speak } from "./words.js";

export class People {
  constructor(store, { open, add, faults }) {
    this.store = store;
    this.open = open;
    this.mark = el("span", { class: "mark", hidden: true });
    this.list = el("ul", { class: "people" });
    this.empty = el("p", { class: "empty" }, say("noPeople"));
    const faultsTool = tool("faults", say("faults"), faults);
    faultsTool.append(this.mark);
    const languages = el("select", { "aria-label": say("language"), onchange: ({ target }) => speak(target.value) },
      Object.entries(LANGUAGES).map(([code, name]) => el("option", { value: code, selected: code === language }, name)));
    this.element = el("nav", { class: "side", "aria-label": say("people") },
      el("header", null, el("h1", null, say("title")), languages, faultsTool),
      el("div", { class: "scroll" }, this.empty, this.list),
      el("button", { type: "button", class: "primary", onclick: () => add() }, say("newPerson")));
  }

  draw(chosen) {
    const { store } = this;
    this.empty.hidden = store.chats.size > 0;
    this.list.replaceChildren(...store.people.map((chat) => this.#row(chat, chat.id === chosen)));
    this.mark.hidden = !store.violations.length;
    this.mark.textContent = store.violations.length || "";
    this.mark.title = say("mark", { count: store.violations.length });
  }

  #row(chat, current) {
    const newest = this.store.of(chat.id).at(-1);
    const typing = this.store.typing.has(chat.id);
    const line = typing ? say("typing", { name: this.store.bot.first_name }) : newest ? summary(newest.message) : "";
    return el("li", null, el("button", { type: "button", "aria-current": current ? "true" : null, onclick: () => this.open(chat.id) },
      avatar(chat.title, chat.id),
      el("span", { class: "who" }, el("strong", null, chat.title), newest ? el("time", null, clock(newest.message.date)) : null),
      el("span", { class: "line" }, newest?.outgoing && !typing ? el("b", null, `${this.store.bot.first_name}: `) : null, line)));
  }
}
