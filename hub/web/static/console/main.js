// @ts-check
import { render } from "../vendor/preact.js";
import { html } from "../vendor/htm-preact.js";
import { call, Problem } from "./api.js";
import { Console } from "./console.js";
import { load } from "./inbox/rows.js";
import { loadCounts } from "./inbox/view.js";
import { connect } from "./live.js";
import { Confined } from "./settings/second-factor.js";
import { loadPeople, me } from "./session.js";
import { loadIcons } from "./shell/icon.js";
import { complain } from "./trouble.js";
import { speak } from "./words.js";

const AGAIN_MS = 2000;
const root = /** @type {HTMLElement} */ (document.getElementById("console"));

const icons = needed(loadIcons).catch(complain);
me.value = await needed(() => call("GET", "/me"));
if (me.value.confined) await confine();
const people = needed(loadPeople).catch(complain);
const list = Promise.all([load(), loadCounts()]);
await needed(() => speak(me.value.locale ?? ""));
await Promise.all([people, icons]);
show(Console);
await list;
connect();

/**
 * Without it nothing can be shown: asked for until it comes, as when the database is being restarted.
 * @template Found @param {() => Promise<Found>} ask @returns {Promise<Found>}
 */
async function needed(ask) {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      // What is refused stays refused.
      if (error instanceof Problem && error.status < 500 && error.status !== 429) throw error;
      console.warn(error);
      root.textContent = root.dataset.waiting ?? "";
      await new Promise((again) => setTimeout(again, AGAIN_MS));
    }
  }
}

/** @param {() => any} what */
function show(what) {
  root.replaceChildren();
  root.removeAttribute("aria-busy");
  render(html`<${what} />`, root);
}

/** Nothing but setting up a second factor, for who must have one. @returns {Promise<never>} */
async function confine() {
  await Promise.all([needed(() => speak(me.value.locale ?? "")), icons]);
  show(Confined);
  return new Promise(() => {});
}
