// What is asked of a visitor: name and email before the first message, an email while all are away.

import { el } from "./dom.js";

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** A form of fields; `done(values)` may throw. */
function form(words, { title, fields, button, id }, done) {
  const problem = el("p", { class: "problem", role: "alert" });
  const inputs = new Map();
  const rows = [];
  for (const { name, required } of fields) {
    const input = el("input", {
      id: `${id}-${name}`, name, type: name === "email" ? "email" : "text", autocomplete: name,
      maxlength: 200, dir: "auto", "aria-required": required && "true",
    });
    const note = required ? "" : ` (${words.say("optional")})`;
    inputs.set(name, input);
    rows.push(el("label", { for: input.id }, words.say(name) + (fields.length > 1 ? note : "")), input);
  }
  const fault = (input, word) => {
    problem.textContent = words.say(word);
    input.setAttribute("aria-invalid", "true");
    input.focus();
  };
  const submit = el("button", { class: "primary" }, words.say(button));
  const send = async (event) => {
    event.preventDefault();
    problem.textContent = "";
    const said = {};
    for (const { name, required } of fields) {
      const input = inputs.get(name);
      const value = input.value.trim();
      input.removeAttribute("aria-invalid");
      if (required && !value) return fault(input, "needed");
      if (name === "email" && value && !EMAIL.test(value)) return fault(input, "bad_email");
      if (value) said[name] = value;
    }
    submit.disabled = true;
    try {
      await done(said);
    } catch {
      problem.textContent = words.say("not_saved");
    }
    submit.disabled = false;
    return undefined;
  };
  return el("form", { class: "card", novalidate: true, onsubmit: send },
    el("p", null, title), ...rows, problem, submit);
}

/** Before the first message. */
export function before(chat, done) {
  const { words, config } = chat;
  return form(words, { id: "before", title: words.say("form"), fields: config.form.fields, button: "start" },
    async (said) => {
      await chat.introduce(said);
      done();
    });
}

/** Nobody is there: until when, and how the answer finds the visitor all the same. */
export function away(chat) {
  const { words, config: { away: facts }, me } = chat;
  let text = facts.text || words.say("away");
  if (facts.until) text += ` ${words.say("away_until", { time: words.until(new Date(facts.until)) })}`;
  if (me.email) text += ` ${words.say("will_mail", { email: me.email })}`;
  if (me.email || chat.visit.signed) return el("div", { class: "card" }, el("p", null, text));
  const card = form(words, {
    id: "away", title: words.say("leave_email"), fields: [{ name: "email", required: true }], button: "save",
  }, (said) => chat.introduce(said));
  card.prepend(el("p", null, text));
  return card;
}
