// @ts-check
/** What a message answers, in a line above it that leads there. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { ifThere } from "../api.js";
import { called } from "../person/address.js";
import { complain } from "../trouble.js";
import { t } from "../words.js";
import { every, jump } from "./entries.js";
import { customer } from "./opened.js";

/** @param {{entry: any}} props */
export function Answered({ entry }) {
  const { answers, quote, button, in_reply_to: elsewhere } = entry.data ?? {};
  const wanted = Boolean(answers) && !button;
  const [one, setOne] = useState(/** @type {any} */ (null));
  useEffect(() => {
    if (!wanted) return undefined;
    let current = true;
    const near = every().find((each) => each.external_id === answers);
    Promise.resolve(near ?? ifThere(`/messages/${entry.id}/answered`)).then((found) => current && setOne(found)).catch(complain);
    return () => void (current = false);
  }, [entry.id]);
  if (!wanted && !quote && !elsewhere) return null;
  const said = quote || one?.text || (one ? t("entry.files", { count: Math.max(1, one.files?.length ?? 1) }) : elsewhere || "");
  if (!said) return null;
  if (!one) return html`<span class="answered"><span class="one-line">${said}</span></span>`;
  return html`<button class="plain answered" title=${t("entry.answers")} onClick=${() => lead(one)}><strong class="one-line">${one.author?.name || (one.direction === "outbound" ? t("author.us") : called(customer.value))}</strong><span class="one-line">${said}</span></button>`;
}

/** @param {any} one */
function lead(one) {
  const there = document.querySelector(`[data-entry="${one.id}"]`);
  if (!there) return void jump(one.sort_at, one.id).catch(complain);
  document.querySelectorAll(".entry.found").forEach((each) => each.classList.remove("found"));
  there.scrollIntoView({ block: "center" });
  there.classList.add("found");
}
