// Launcher and panel: how the chat opens and closes, and where the focus is.

import { away, before } from "./cards.js";
import { Composer } from "./composer.js";
import { arrange, el, icon, set, tool } from "./dom.js";
import { Log } from "./log.js";
import { now, stringify } from "./native.js";

const STOPS = "a[href],button:not(:disabled),input:not([tabindex='-1']),textarea,[tabindex='0']";

export class Panel {
  #opened = false;
  #form = null;
  #away = "";

  /** `host`: the element, with its attributes; `root`: its shadow. */
  constructor(chat, notices, host, root) {
    Object.assign(this, { chat, notices, host, root });
    this.whole = host.getAttribute("mode") === "page";
    this.phone = matchMedia("(max-width: 480px), (max-height: 480px)");
    this.log = new Log(chat);
    this.composer = new Composer(chat, () => this.#stick());
    this.settings = notices.settings();
    this.line = el("p", { id: "state", class: "state", role: "status" });
    this.panel = this.#panel();
    this.launcher = this.#launcher();
    this.node = el("section", { dir: chat.speech.dir, lang: chat.speech.locale },
      this.panel, this.launcher);
    set(this.node, "aria-label", this.whole ? null : chat.config.name);
    this.#watchKeyboard();
    this.phone.addEventListener("change", () => chat.changed());
    root.append(this.node);
  }

  #panel() {
    const { speech: words, config } = this.chat;
    this.bell = tool("bell", words.say("settings"), () => this.#showSettings(this.settings.hidden), { "aria-expanded": "false" });
    const panel = el("div", {
      class: "panel", role: this.whole ? "main" : "dialog", "aria-label": config.name, hidden: !this.whole,
    },
    el("header", { class: "head" }, el(this.whole ? "h1" : "h2", { dir: "auto" }, config.name), this.bell,
      !this.whole && tool("close", words.say("close"), () => this.chat.close())),
    this.settings, this.log.node, this.line, this.composer.node);
    panel.addEventListener("keydown", (event) => this.#key(event));
    // The page's own shortcuts are not for what is written here.
    for (const type of ["keydown", "keyup", "keypress"]) {
      panel.addEventListener(type, (event) => event.stopPropagation());
    }
    this.composer.accept(panel);
    return panel;
  }

  #launcher() {
    if (this.whole) return null;
    const badge = (this.badge = el("span", { class: "badge", "aria-hidden": "true", hidden: true }));
    return el("button", {
      type: "button", class: "launcher",
      onclick: () => (this.chat.opened ? this.chat.close() : this.chat.open()),
    }, icon("chat"), icon("down"), badge);
  }

  #showSettings(shown) {
    this.settings.hidden = !shown;
    set(this.bell, "aria-expanded", shown);
    (shown ? this.settings.querySelector("input") : this.bell).focus();
  }

  get modal() {
    return this.phone.matches && !this.whole;
  }

  #key(event) {
    if (event.key === "Escape" && !event.isComposing) {
      if (!this.composer.emoji.hidden) this.composer.showEmoji(false);
      else if (!this.settings.hidden) this.#showSettings(false);
      else if (!this.whole) this.chat.close();
      event.preventDefault();
    }
    if (event.key === "Tab" && this.modal) this.#wrap(event);
  }

  /** On a phone the panel is all there is: the focus goes round in it. */
  #wrap(event) {
    const stops = [];
    for (const one of this.panel.querySelectorAll(STOPS)) if (one.offsetParent && one.tabIndex >= 0) stops.push(one);
    const [from, to] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
    if (this.root.activeElement !== from) return;
    event.preventDefault();
    to.focus();
  }

  /** The panel ends above the keyboard, whatever the browser does with the page. */
  #watchKeyboard() {
    const view = window.visualViewport;
    const fit = () => {
      const alone = this.phone.matches && view.scale === 1;
      this.panel.style.height = alone ? `${view.height}px` : "";
      this.panel.style.translate = alone ? `0 ${view.offsetTop}px` : "";
      this.#stick();
    };
    view?.addEventListener("resize", fit);
    view?.addEventListener("scroll", fit);
  }

  /** Whoever sees the last words goes on seeing them when there is less room for them. */
  #stick() {
    if (this.chat.atEnd) this.log.toEnd();
  }

  get opened() {
    return this.chat.opened;
  }

  /** Another person: nothing of the former one stays, but with `keep` what was written here. */
  reset(keep) {
    this.log.clear();
    this.composer.reset(keep);
    this.#form = null;
    this.#away = "";
    this.log.end.replaceChildren();
  }

  draw() {
    this.#drawFrame();
    if (!this.opened) return;
    this.#drawCards();
    this.#drawState();
    this.log.draw();
  }

  #drawFrame() {
    const { chat, launcher } = this;
    const count = chat.history.unseen.size;
    this.notices.title(count);
    if (launcher) {
      const label = this.host.getAttribute("launcher-label") || chat.speech.say("launcher");
      const name = count ? chat.speech.say("launcher_unread", { count }) : label;
      set(launcher, "aria-label", this.opened ? chat.speech.say("close") : name);
      set(launcher, "aria-expanded", this.opened);
      launcher.hidden = this.host.hasAttribute("hidden-launcher");
      this.badge.textContent = count > 99 ? "99+" : count;
      this.badge.hidden = !count || this.opened;
    }
    const side = this.whole ? "whole" : (this.host.getAttribute("position") ?? "");
    set(this.node, "class", `${side} ${this.opened ? "open" : ""}`.trim());
    set(this.panel, "aria-modal", this.modal ? "true" : null);
    if (this.#opened === this.opened) return;
    this.#opened = this.opened;
    if (this.opened) this.#show();
    else this.#hide();
  }

  #show() {
    this.panel.hidden = false;
    // Hidden, the text field did not know its height.
    this.composer.draw();
    if (!this.whole) this.#first().focus();
    this.log.toEnd();
  }

  #hide() {
    const inside = this.root.activeElement;
    this.panel.hidden = true;
    if (inside) this.launcher?.focus();
  }

  #first() {
    if (this.composer.node.hidden) return this.panel.querySelector("form.card input") ?? this.bell;
    return this.composer.field;
  }

  #drawCards() {
    const { chat } = this;
    const asking = Boolean(chat.asksFirst);
    const over = chat.visit.over;
    if (asking) this.#form ??= before(chat);
    const told = chat.config.away && stringify([chat.config.away, chat.me.email, chat.visit.signed]);
    if (told && told !== this.#away) this.away = away(chat);
    this.#away = told;
    const cards = [];
    if (told && !asking) cards.push(this.away);
    if (asking) cards.push(this.#form);
    const inside = this.log.end.contains(this.root.activeElement);
    arrange(this.log.end, cards);
    this.composer.node.hidden = asking || over;
    if (inside && !this.log.end.contains(this.root.activeElement)) this.#first().focus();
  }

  #drawState() {
    const { chat } = this;
    const { speech: words } = chat;
    let text = "";
    if (chat.visit.over) text = words.say("signed_out");
    else if (navigator.onLine === false) text = words.say("offline");
    else if (chat.visit.known && chat.live.failures > 1) text = words.say("connecting");
    else if (now() < chat.typing) text = words.say("typing");
    this.line.classList.toggle("typing", text === words.say("typing"));
    if (this.line.textContent !== text) this.line.textContent = text;
  }
}
