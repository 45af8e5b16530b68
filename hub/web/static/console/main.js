// @ts-check
import { render } from "../vendor/preact.js";
import { html } from "../vendor/htm-preact.js";
import { call } from "./api.js";
import { Console } from "./console.js";
import { load } from "./inbox/rows.js";
import { loadCounts } from "./inbox/view.js";
import { connect } from "./live.js";
import { loadPeople, me } from "./session.js";
import { complain } from "./trouble.js";
import { speak } from "./words.js";

me.value = await call("GET", "/me");
const people = loadPeople().catch(complain);
const list = Promise.all([load(), loadCounts()]);
await speak(me.value.locale ?? "");
await people;
const root = /** @type {HTMLElement} */ (document.getElementById("console"));
root.replaceChildren();
root.removeAttribute("aria-busy");
render(html`<${Console} />`, root);
await list;
connect();
