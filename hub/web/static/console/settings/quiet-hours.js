// @ts-check
/** Quiet hours as they are asked for: from when until when, side by side. */

import { html } from "../../vendor/htm-preact.js";
import { t } from "../words.js";
import { Field } from "./form.js";

/** What is offered to who has none yet. */
export const NIGHT = { from: "22:00", until: "08:00" };

export const QuietFrom = () => html`<div class="fields"><${Field} name="from" type="time" label=${t("sending.from")} required /><${Field} name="until" type="time" label=${t("sending.until")} required /></div>`;
