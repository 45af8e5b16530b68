// @ts-check
/** To a day of the timeline, or to one entry of it. */

import { html } from "../../vendor/htm-preact.js";
import { useState } from "../../vendor/preact-hooks.js";
import { fold, lay } from "../shell/sheet.js";
import { complain } from "../trouble.js";
import { t } from "../words.js";
import { every, jump } from "./entries.js";

export const findInTimeline = () => lay({ title: t("do.date"), body: PickDay });

function PickDay() {
  const oldest = every()[0]?.sort_at.slice(0, 10) ?? "";
  const today = new Date().toISOString().slice(0, 10);
  const [value, setValue] = useState(oldest || today);
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    fold();
    jump(new Date(`${value}T00:00`).toISOString()).catch(complain);
  };
  return html`<form class="form" onSubmit=${submit}>
    <label for="day">${t("jump.day")}</label>
    <input id="day" type="date" required max=${today} value=${value} onInput=${(/** @type {any} */ event) => setValue(event.target.value)} />
    <div class="actions"><button class="main">${t("jump.go")}</button></div>
  </form>`;
}
