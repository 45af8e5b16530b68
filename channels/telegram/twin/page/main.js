// The page as a whole: who is chosen, and what is drawn anew when something changed.

import { Chat } from "./chat.js";
import { Faults, alerted, newcomer, renaming } from "./dialogs.js";
import { el } from "./dom.js";
import { People } from "./people.js";
import { Store } from "./store.js";
import { language, say } from "./words.js";

document.documentElement.lang = language;
document.title = say("title");

const store = new Store();
const faults = new Faults(store);
const offline = el("p", { class: "offline", role: "alert", hidden: true }, say("offline"));
const chosen = () => Number(location.hash.slice(1)) || 0;
const open = (number) => {
  location.hash = number ? `${number}` : "";
};
const people = new People(store, { open, add: () => newcomer(store, open), faults: () => faults.open() });
const chat = new Chat(store, { back: () => open(0), rename: (one) => renaming(store, one), alert: alerted });
document.body.append(offline, people.element, chat.element);

let asked = location.pathname === "/start";

function show() {
  document.body.classList.toggle("chosen", store.chats.has(chosen()));
  people.draw(chosen());
  chat.open(chosen());
}

/** A deep link was followed: somebody presses Start with its payload. */
function ask() {
  const { searchParams } = new URL(location.href);
  history.replaceState(null, "", `/${location.hash}`);
  newcomer(store, open, searchParams.get("start") ?? "");
}

addEventListener("hashchange", show);

store.listen((what, number, news) => {
  if (what === "online") offline.hidden = store.online;
  if (what === "all") show();
  if (what === "all" && asked) ask();
  if (what === "all") asked = false;
  if (what === "faults" || what === "violations") faults.draw();
  if (what === "answer" && number === chosen()) chat.answered(news);
  if (["message", "chat", "typing", "violations"].includes(what)) people.draw(chosen());
  if (number !== chosen()) return;
  if (what === "typing") chat.title();
  if (what === "message" || what === "chat") chat.draw();
});

store.connect();
