// The chat without its looks: who it is, what was said, what is on its way, and who is told.

import { now, setTimeout } from "./native.js";
import { History } from "./history.js";
import { Live } from "./live.js";
import { Outbox } from "./outbox.js";
import { persist, request, upload } from "./requests.js";
import { Store } from "./store.js";
import { Visit } from "./visit.js";
import { Words } from "./words.js";

const TYPING = 6_000;
const TYPING_PAUSE = 3_000;
const PRESS_SURE = 10_000;
const CONFIG_FOR = 60_000;
const HIDDEN = 60_000;

export class Chat {
  opened = false;
  atEnd = true; // the newest message is in sight
  config = null;
  typing = 0; // until when somebody of the company is writing
  #said = 0;
  #unread = 0;
  #seen = true;
  #drawing = false;
  #loading = 0;
  #configured = 0;

  /** `tell(event, detail)`: to the page; `draw()`: something changed; `news(message)`. */
  constructor(base, locale, { tell, draw, news, reset }) {
    Object.assign(this, { base, locale, tell, draw, news, forget: reset });
    this.store = new Store(base);
    this.visit = new Visit(base, this.store, locale, {
      reset: (keep) => this.#reset(keep),
      started: () => this.live.start(),
      tell,
    });
    this.history = new History(this.visit);
    this.outbox = new Outbox(this.visit, this.store, {
      changed: () => this.changed(),
      accepted: (item, answer) => this.#accepted(item, answer),
      refused: ({ code }) => tell("error", { code }),
      missed: () => this.#load(),
    });
    this.live = new Live(base, {
      hello: () => this.#hello(),
      frame: (frame) => this.#take(frame),
      changed: () => {
        // Where sockets are blocked, each try for one asks for what is new.
        if (this.live.failures > 1) this.#load();
        this.changed();
      },
      unknown: (token) => this.visit.lost(token),
    });
    this.#follow();
  }

  /** Ask what this chat is like; tried until it is known, or there is none. */
  async configure() {
    if (now() - this.#configured < CONFIG_FOR) return;
    const url = `${this.base}config?locale=${encodeURIComponent(this.locale)}`;
    this.config = await persist(() => request(url, "GET"));
    this.speech = new Words(this.config);
    this.#configured = now();
  }

  start() {
    this.live.start();
    this.outbox.kick();
  }

  #follow() {
    this.store.watch((name) => {
      this.visit.sync();
      if (name.startsWith("out:")) this.outbox.follow(name);
      this.changed();
    });
    let hidden = Infinity;
    const look = ({ type }) => {
      this.visit.sync();
      if (document.hidden) hidden = now();
      else this.outbox.kick();
      // A socket that slept is not to be trusted.
      if (type === "online" || (!document.hidden && now() - hidden > HIDDEN)) this.live.restart();
      if (!document.hidden) hidden = Infinity;
      this.changed();
    };
    for (const type of ["visibilitychange", "online", "offline", "pageshow"]) addEventListener(type, look);
  }

  #reset(keep) {
    this.live.stop();
    this.history.reset();
    this.outbox.reset(keep);
    this.typing = 0;
    this.#loading += 1;
    this.forget(keep);
    this.changed();
  }

  /** Draw soon, once for all that changes at a time. */
  changed() {
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      this.#markRead();
      const seen = !document.hidden;
      if (seen !== this.#seen && this.live.say({ type: "visible", on: seen })) this.#seen = seen;
      const unread = this.history.unseen.size;
      if (unread !== this.#unread) this.tell("unread", { count: unread });
      this.#unread = unread;
      this.draw();
    });
  }

  open() {
    if (this.opened) return;
    this.opened = true;
    this.configure().then(() => this.changed(), () => {});
    if (this.visit.known && !this.history.fetched) this.#load();
    this.tell("open");
    this.changed();
  }

  close() {
    if (!this.opened) return;
    this.opened = false;
    this.tell("close");
    this.changed();
  }

  #hello() {
    const token = this.visit.known;
    this.#seen = !document.hidden;
    return token ? { token, after: this.#whole ? null : this.history.read, visible: this.#seen } : null;
  }

  /** Whether the history is wanted and not just what is new. */
  get #whole() {
    return this.opened || this.history.fetched || this.history.read === undefined;
  }

  async #load() {
    const turn = (this.#loading += 1);
    try {
      await persist(() => this.history.refresh(), () => turn === this.#loading && this.visit.known);
      this.quiet = true;
      for (const one of this.history.recorded.values()) this.#acknowledge(one);
      this.changed();
    } catch {
      // Another load is under way, for somebody else, or the next socket starts one.
    }
  }

  async older() {
    try {
      if (!(await this.history.older())) return;
      this.quiet = true;
      this.changed();
    } catch {
      // Scrolling up once more asks once more.
    }
  }

  #take({ type, ...frame }) {
    if (type === "ready") this.#ready(frame);
    else if (type === "message") this.#heard(frame);
    else if (type === "status") this.history.status(frame);
    else if (type === "read") this.history.saw(frame.position);
    else if (type === "typing") {
      this.typing = frame.on === false ? 0 : now() + TYPING;
      setTimeout(() => this.changed(), TYPING + 100);
    }
    this.changed();
  }

  #ready({ seen }) {
    this.history.saw(seen);
    if (this.#whole) this.#load();
    this.outbox.kick();
    for (const [id, { value, sure }] of Object.entries(this.pressed)) {
      if (!sure) this.#sayPressed(id, value);
    }
  }

  #heard(message) {
    const theirs = message.direction === "outbound";
    const news = this.history.learn(message);
    this.outbox.heard(message);
    if (theirs) this.typing = 0;
    this.#acknowledge(message);
    if (!news) return;
    this.tell("message", { id: message.id, direction: message.direction });
    if (theirs && message.status !== "read") this.news(message);
  }

  #acknowledge({ id, direction, status }) {
    const known = status === "delivered" || status === "read";
    if (direction === "outbound" && !known) this.live.say({ type: "delivered", id });
  }

  #accepted(item, { id, position }) {
    // A quarantined message has no position: it stays at the end.
    const message = {
      ...item, id, position: position || Infinity, direction: "inbound", recorded_at: item.at,
    };
    this.history.read = position;
    if (!this.history.recorded.has(id)) {
      this.history.learn(message);
      this.tell("message", { id, direction: "inbound" });
    }
    if (!this.history.fetched) this.#load();
    const [turn, echoed] = [this.#loading, () => this.history.recorded.get(id) !== message];
    // The hub tells every socket of every message: one that stays silent is dead.
    setTimeout(() => turn === this.#loading && !echoed() && this.live.restart(), PRESS_SURE);
  }

  #markRead() {
    if (!this.opened || document.hidden || !this.atEnd || !this.history.unseen.size) return;
    let newest = 0;
    for (const id of this.history.unseen) {
      newest = Math.max(newest, this.history.recorded.get(id)?.position ?? 0);
    }
    if (!this.live.say({ type: "read", position: newest })) return;
    this.history.read = newest;
    this.history.unseen.clear();
  }

  send(text, files) {
    this.outbox.add(text, files);
    this.#said = 0;
  }

  sayTyping() {
    if (now() - this.#said > TYPING_PAUSE && this.live.say({ type: "typing" })) this.#said = now();
  }

  /** Which buttons were pressed: id of the message → {"value","sure"}. */
  get pressed() {
    return this.visit.own("pressed")?.of ?? {};
  }

  #press(id, value, sure) {
    const of = { ...this.pressed, [id]: { value, sure } };
    this.visit.keep("pressed", { of });
    this.changed();
  }

  press(id, value) {
    if (this.pressed[id]) return;
    this.#press(id, value, false);
    this.#sayPressed(id, value);
  }

  #sayPressed(id, value) {
    if (!this.live.say({ type: "button", id, value })) return;
    const turn = this.#loading;
    // Pressing again changes nothing at the hub: said again unless the socket lived on.
    setTimeout(() => {
      if (this.live.ready && turn === this.#loading) this.#press(id, value, true);
    }, PRESS_SURE);
  }

  get draft() {
    return this.visit.own("draft") ?? { text: "", files: [] };
  }

  set draft(draft) {
    this.visit.keep("draft", draft);
  }

  /** What the visitor says of himself. Throws Refused. */
  async introduce(said) {
    if (this.visit.known) await this.visit.call("PATCH", "visits", said);
    else await this.visit.token(said);
    this.visit.describe(said);
    this.changed();
  }

  get me() {
    return this.visit.mine ?? {};
  }

  /** Whether name and email are asked for before the first message. */
  get asksFirst() {
    return this.config.form && !this.visit.signed && !this.visit.known && !this.outbox.waiting.length;
  }

  async upload(file, progress) {
    const token = await this.visit.token();
    const sending = upload(`${this.base}files`, token, file, progress);
    sending.done = sending.done.catch((error) => {
      if (error.status === 401) this.visit.lost(token);
      throw error;
    });
    return sending;
  }
}
