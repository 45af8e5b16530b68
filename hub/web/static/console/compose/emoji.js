// @ts-check
/** The faces and signs that answers to customers use; any other is typed by the system's own keys. */

import { html } from "../../vendor/htm-preact.js";
import { fold, lay } from "../shell/sheet.js";
import { t } from "../words.js";

const SIGNS = "😀 😊 🙂 😉 😅 😂 😍 🤗 🤔 😕 😔 😢 😮 🙈 👍 👎 👌 👏 🙏 💪 🤝 👋 ✌️ ❤️ 🎉 🎁 ⭐ ✅ ❌ ⚠️ ❗ ❓ 📦 🚚 🛒 💳 📅 ⏰ 📍 📞 ✉️ 📎 🔧 💡 🏠 ☀️ ☕ 🌷".split(" ");

/** @param {(sign: string) => void} take */
export const pickEmoji = (take) => lay({
  title: t("emoji.title"),
  body: () => html`<div class="emoji">${SIGNS.map((sign) => html`<button class="plain" key=${sign} onClick=${() => { fold(); take(sign); }}>${sign}</button>`)}</div>`,
});
