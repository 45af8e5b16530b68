// A few dozen emoji, for keyboards without them.

import { el } from "./dom.js";

const ALL =
  "😀 😂 🙂 😉 😊 😍 😎 🤔 😐 😢 😭 😡 😱 🥳 🙈 👍 👎 👌 🙏 👏 👋 🤝 ❤️ 💔 🔥 ⭐ 🎉 🌹 ☕ ✅ ❌ 📦";
const COLUMNS = 8;
const STEPS = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS };

/** The picker; `pick(emoji)`. One tab stop, arrows move within. */
export function picker(label, pick) {
  const buttons = ALL.split(" ").map((one, at) =>
    el("button", { type: "button", tabindex: at ? -1 : 0, onclick: () => pick(one) }, one));
  const move = (event) => {
    const at = buttons.indexOf(event.target);
    const next = buttons[at + STEPS[event.key]];
    if (!next) return;
    event.preventDefault();
    buttons[at].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  };
  return el("div", { class: "emojis", role: "group", dir: "ltr", "aria-label": label, onkeydown: move, hidden: true }, ...buttons);
}
