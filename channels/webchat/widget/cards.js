// What is asked of a visitor: name and email before the first message, an email while all are away.

import { el } from "./dom.js";

/** What is said, and a form of fields that the browser checks. */
function card(chat, text, button, fields) {
  const { speech: words } = chat;
  if (!button) return el("p", { class: "card" }, text);
  const problem = el("p", { class: "problem", role: "alert" });
  const rows = [];
  for (const { name, required } of fields) {
    const label = words.say(name) + (required ? "" : ` (${words.say("optional")})`);
    const type = name === "email" ? name : "text";
    rows.push(el("label", { for: name }, label),
      el("input", { id: name, name, type, autocomplete: name, maxlength: 200, dir: "auto", required }));
  }
  let busy = false;
  const onsubmit = async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    problem.textContent = "";
    try {
      await chat.introduce(Object.fromEntries(new FormData(event.target)));
    } catch {
      problem.textContent = words.say("not_saved");
    }
    busy = false;
  };
  return el("form", { class: "card", onsubmit }, el("p", null, text), ...rows, problem,
    el("button", { class: "primary" }, words.say(button)));
}

/** Before the first message. */
export const before = (chat) => card(chat, chat.speech.say("form"), "start", chat.config.form.fields);

/** Nobody is there: until when, and, where the hub has mail, how the answer finds the visitor. */
export function away(chat) {
  const { speech: words, config, me } = chat;
  const { text, until, mail } = config.away;
  const email = mail && !me.email && !chat.visit.signed;
  const told = [text];
  if (until) told.push(words.say("away_until", { time: words.until(new Date(until)) }));
  if (email) told.push(words.say("leave_email"));
  else if (mail && me.email) told.push(words.say("will_mail", me));
  return card(chat, told.join(" "), email && "save", [{ name: "email", required: true }]);
}
