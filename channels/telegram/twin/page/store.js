// What the page knows: people, messages, who types; told by the twin, told on to whoever draws.

const RETRY = 1000;
const TYPING = 5000;

export class Store {
  chats = new Map();
  messages = new Map();
  bot = { first_name: "", username: "" };
  violations = [];
  faults = { arranged: [], kinds: [], limits: false };
  typing = new Map();
  online = true;
  #listeners = [];

  /** `draw(what, chat)`: what changed is `all`, `chat`, `message`, `typing`, `answer`, `faults`, `violations`, `online`. */
  listen(draw) {
    this.#listeners.push(draw);
  }

  connect() {
    const socket = new WebSocket(`${location.origin.replace("http", "ws")}/page/live`);
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    socket.onclose = () => {
      this.#online(false);
      setTimeout(() => this.connect(), RETRY);
    };
  }

  /** Newest first: those one wrote with last are on top. */
  get people() {
    const newest = (chat) => this.of(chat.id).at(-1)?.message.date ?? 0;
    return [...this.chats.values()].sort((one, other) => newest(other) - newest(one) || one.id - other.id);
  }

  of(chat) {
    return [...(this.messages.get(chat)?.values() ?? [])].sort((one, other) => one.id - other.id);
  }

  /** The keyboard that the bot put in place of the letters, if any. */
  keyboard(chat) {
    for (const { message, outgoing } of this.of(chat).reverse()) {
      const markup = message.reply_markup;
      if (outgoing && markup?.remove_keyboard) return null;
      if (outgoing && markup?.keyboard) return markup;
    }
    return null;
  }

  #take(news) {
    const { type, chat } = news;
    if (type === "all") this.#all(news);
    else if (type === "chat") this.chats.set(news.id, news);
    else if (type === "message") this.#message(news);
    else if (type === "deleted") this.messages.get(chat)?.delete(news.id);
    else if (type === "typing") this.#types(news);
    else if (type === "violations") this.violations = news.violations;
    else if (type === "faults") this.faults = news;
    this.#tell(type === "deleted" ? "message" : type, chat ?? news.id, news);
  }

  #all(news) {
    this.chats = new Map(news.chats.map((chat) => [chat.id, chat]));
    this.messages = new Map();
    this.bot = news.bot;
    this.faults = news.faults;
    this.violations = news.violations;
    news.messages.forEach((one) => this.#message(one));
    this.#online(true);
  }

  #message(one) {
    if (!this.messages.has(one.chat)) this.messages.set(one.chat, new Map());
    this.messages.get(one.chat).set(one.id, one);
    if (one.outgoing) this.typing.delete(one.chat);
  }

  #types({ chat, action }) {
    const since = Date.now();
    if (action === "cancel") this.typing.delete(chat);
    else this.typing.set(chat, { action, since });
    setTimeout(() => {
      if (this.typing.get(chat)?.since !== since) return;
      this.typing.delete(chat);
      this.#tell("typing", chat);
    }, TYPING);
  }

  #online(online) {
    this.online = online;
    this.#tell("online");
  }

  #tell(...news) {
    this.#listeners.forEach((draw) => draw(...news));
  }

  /** Do something as a customer; the words of a refusal, "" when it was done. */
  async act(act, files = []) {
    const form = new FormData();
    form.append("act", JSON.stringify(act));
    files.forEach((file, at) => form.append(`file${at}`, file, file.name ?? "file"));
    return this.#post("/page/acts", { body: form });
  }

  async fault(wish) {
    return this.#post("/faults", { body: JSON.stringify(wish), headers: { "Content-Type": "application/json" } });
  }

  async clear() {
    await fetch("/violations", { method: "DELETE" });
  }

  async #post(url, options) {
    try {
      const answer = await fetch(url, { method: "POST", ...options });
      return answer.ok ? "" : (await answer.json()).detail;
    } catch (error) {
      return error.message;
    }
  }
}
