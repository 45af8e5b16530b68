// @ts-check
/** What can be added to a customer: one quiet button, so that what is known comes first. */

import { html } from "../../vendor/htm-preact.js";
import { Icon } from "../shell/icon.js";
import { choose } from "../shell/picker.js";
import { t } from "../words.js";
import { askAttribute, askLabel } from "./editing.js";
import { askLinkCode } from "./link-code.js";
import { askAddress, askJoin } from "./reshaping.js";

/** @param {{person: any}} props */
export function Add({ person }) {
  const ask = (/** @type {any} */ event) => {
    const anchor = event.currentTarget;
    choose({
      title: t("customer.add"),
      anchor,
      choices: [
        { id: "label", label: t("customer.addLabel"), icon: "tag", run: () => askLabel(person, anchor) },
        { id: "address", label: t("address.add"), icon: "plus", run: () => askAddress(person) },
        { id: "field", label: t("customer.addAttribute"), icon: "list", run: () => askAttribute(person) },
        { id: "code", label: t("code.title"), icon: "link", run: () => askLinkCode(person) },
        { id: "join", label: t("join.ask"), icon: "merge", run: () => askJoin(person) },
      ],
    });
  };
  return html`<button class="plain link edit" aria-haspopup="dialog" onClick=${ask}><${Icon} name="plus" />${t("customer.add")}</button>`;
}
