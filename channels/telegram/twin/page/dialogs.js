// What is asked in a window of its own: somebody new, another name, what goes wrong.

import { el, tool } from "./dom.js";
import { LANGUAGES, language, say } from "./words.js";

function dialog(title, ...content) {
  const made = el("dialog", { "aria-label": title, onclose: () => made.remove() },
    el("header", null, el("h2", null, title), tool("close", say("close"), () => made.close())), ...content);
  document.body.append(made);
  made.showModal();
  return made;
}

const field = (name, label, value = "", more = {}) =>
  el("label", null, el("span", null, label), el("input", { name, value, maxlength: "64", autocomplete: "off", ...more }));

/** Only what the bot shows in a window. */
export const alerted = (text) => dialog(text, el("button", { type: "button", class: "primary", onclick: ({ target }) => target.closest("dialog").close() }, "OK"));

/** Somebody new, or one who is there, presses Start; `payload` is of a deep link. */
export function newcomer(store, open, payload = null) {
  const known = store.people.filter((chat) => chat.kind === "private");
  const title = payload === null ? say("newPerson") : say("startAs", { bot: store.bot.username });
  const begin = async (act) => {
    if (await store.act({ do: "start", payload: payload ?? "", ...act })) return;
    made.close();
    open(Number(act.who));
  };
  const onsubmit = (event) => {
    event.preventDefault();
    const facts = Object.fromEntries(new FormData(event.target));
    begin({ who: `${7000000100 + Math.floor(Math.random() * 999999)}`, ...facts });
  };
  const form = el("form", { onsubmit },
    field("name", say("name"), "", { required: true }), field("username", say("username"), "", { pattern: "[A-Za-z]\\w{3,31}" }),
    el("label", null, el("span", null, say("theirLanguage")), el("select", { name: "locale" },
      Object.entries(LANGUAGES).map(([code, word]) => el("option", { value: code, selected: code === language }, word)))),
    payload === null ? field("payload", say("payload"), "", { pattern: "[\\w\\-]{0,64}" }) : null,
    el("button", { class: "primary" }, say("add")));
  const choice = payload === null || !known.length ? [] : [
    el("div", { class: "choice" }, known.map((chat) => el("button", { type: "button", onclick: () => begin({ who: `${chat.id}` }) }, chat.title))),
    el("h3", null, say("somebodyNew")),
  ];
  const made = dialog(title, ...choice, form);
}

export function renaming(store, chat) {
  const onsubmit = async (event) => {
    event.preventDefault();
    await store.act({ do: "rename", who: `${chat.id}`, ...Object.fromEntries(new FormData(event.target)) });
    made.close();
  };
  const made = dialog(say("rename"), el("form", { onsubmit },
    field("name", say("name"), chat.title, { required: true }),
    field("username", say("username"), chat.username, { pattern: "[A-Za-z]\\w{3,31}" }),
    el("button", { class: "primary" }, say("save"))));
}

/** What the server gets wrong on purpose, and what the bot got wrong. */
export class Faults {
  constructor(store) {
    this.store = store;
  }

  open() {
    this.arranged = el("div", { class: "arranged" });
    this.violations = el("div", { class: "violations" });
    this.limits = el("input", { type: "checkbox", onchange: ({ target }) => this.store.fault({ do: "limits", on: target.checked }) });
    const kinds = el("select", { name: "do" }, this.store.faults.kinds.map((kind) => el("option", { value: kind }, say(`fault_${kind}`))));
    this.made = dialog(say("faultsTitle"),
      el("form", { class: "inline", onsubmit: (event) => this.#arrange(event) },
        el("label", null, el("span", null, say("fault")), kinds),
        field("times", say("times"), "1", { type: "number", min: "0", max: "1000" }),
        field("seconds", say("wait"), "5", { type: "number", min: "1", max: "600" }),
        el("button", { class: "primary" }, say("arrange"))),
      this.arranged, el("label", { class: "check" }, this.limits, el("span", null, say("limits"))), el("h3", null, say("violations")), this.violations);
    this.draw();
  }

  draw() {
    if (!this.made?.open) return;
    const { faults, violations } = this.store;
    this.limits.checked = faults.limits;
    this.arranged.replaceChildren(...(faults.arranged.length
      ? [el("strong", null, `${say("arranged")}: `), faults.arranged.map((one) => `${say(`fault_${one.do}`)}, ${one.method}${one.times ? ` × ${one.times}` : ""}`).join("; "),
        el("button", { type: "button", class: "plain", onclick: () => this.store.fault({ do: "nothing" }) }, say("end"))]
      : [el("span", { class: "quiet" }, say("nothing"))]));
    this.violations.replaceChildren(...(violations.length
      ? [el("ul", null, violations.map((one) => el("li", null, el("code", null, one)))), el("button", { type: "button", class: "plain", onclick: () => this.store.clear() }, say("clear"))]
      : [el("span", { class: "quiet" }, say("noViolations"))]));
  }

  async #arrange(event) {
    event.preventDefault();
    const wish = Object.fromEntries(new FormData(event.target));
    const [times, seconds] = [Number(wish.times), Number(wish.seconds)];
    await this.store.fault({ do: wish.do, times, seconds, retry_after: seconds });
  }
}
