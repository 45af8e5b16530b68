// @ts-check
import { render } from "../vendor/preact.js";
import { html } from "../vendor/htm-preact.js";
import { call } from "./api.js";
import { Console } from "./console.js";
import { load } from "./inbox/rows.js";
import { loadCounts } from "./inbox/view.js";
import { connect } from "./live.js";
import { Confined } from "./settings/second-factor.js";
import { loadPeople, me } from "./session.js";
import { loadIcons } from "./shell/icon.js";
import { complain } from "./trouble.js";
import { speak } from "./words.js";

const icons = loadIcons().catch(complain);
me.value = await call("GET", "/me");
const root = /** @type {HTMLElement} */ (document.getElementById("console"));
if (me.value.confined) await confine();
const people = loadPeople().catch(complain);
const list = Promise.all([load(), loadCounts()]);
await speak(me.value.locale ?? "");
await Promise.all([people, icons]);
show(Console);
await list;
connect();

/** @param {() => any} what */
function show(what) {
  root.replaceChildren();
  root.removeAttribute("aria-busy");
  render(html`<${what} />`, root);
}

/** Nothing but setting up a second factor, for who must have one. @returns {Promise<never>} */
async function confine() {
  await Promise.all([speak(me.value.locale ?? ""), icons]);
  show(Confined);
  return new Promise(() => {});
}
