// @ts-check
import { render } from "../vendor/preact.js";
import { html } from "../vendor/htm-preact.js";
import { call } from "./api.js";
import { Console } from "./console.js";
import { loadList, me, start } from "./store.js";
import { speak } from "./words.js";

me.value = await call("GET", "/me");
await speak(me.value.locale ?? "");
const root = /** @type {HTMLElement} */ (document.getElementById("console"));
root.replaceChildren();
render(html`<${Console} />`, root);
await loadList();
start();
