// @ts-check
/** Where one can go: the pages, what is new for oneself, and the way out. */

import { html } from "../../vendor/htm-preact.js";
import { base } from "../api.js";
import { showAll, unread } from "../notifications.js";
import { problems } from "../pages/problem-count.js";
import { address, place } from "../route.js";
import { initials, me } from "../session.js";
import { tally } from "../inbox/view.js";
import { t } from "../words.js";
import { Icon } from "./icon.js";
import { palette } from "./palette.js";

export function Rail() {
  return html`
    <nav class="rail" aria-label=${t("nav.label")}>
      <span class="brand" aria-hidden="true">Б</span>
      <${Item} page="inbox" icon="inbox" label=${t("nav.inbox")} count=${tally("me")} said=${t("nav.mine", { count: tally("me") })} />
      <${Item} page="customers" icon="users" label=${t("nav.customers")} />
      <${Item} page="orders" icon="package" label=${t("nav.orders")} />
      <${Item} page="appointments" icon="calendar" label=${t("nav.appointments")} />
      ${problems.value === null ? "" : html`<${Item} page="problems" icon="triangle-alert" label=${t("nav.problems")} count=${problems.value} said=${t("nav.problemCount", { count: problems.value })} bad />`}
      <span class="rail-space"></span>
      <button class="rail-item" onClick=${palette} title=${`${t("do.palette")} (Ctrl K)`} aria-label=${t("do.palette")}><${Icon} name="search" /></button>
      ${unread.value === null ? "" : html`<button class="rail-item" onClick=${showAll} title=${t("notifications.title")} aria-label=${unread.value ? t("notifications.count", { count: unread.value }) : t("notifications.title")}>
        <${Icon} name="bell" />${unread.value ? html`<span class="dot">${unread.value > 99 ? "99+" : unread.value}</span>` : ""}
      </button>`}
      <${Item} page="settings" icon="settings" label=${t("nav.settings")} />
      <a class="rail-item face-link" href=${address("settings", "profile")} title=${me.value.name || me.value.email} aria-label=${t("settings.profile")}><span class="face">${initials(me.value.name || me.value.email || "?")}</span></a>
      <form method="post" action="${base}/sign-out">
        <button class="rail-item" title=${t("nav.signOut")} aria-label=${t("nav.signOut")}><${Icon} name="log-out" /></button>
      </form>
    </nav>
  `;
}

/** @param {{page: string, icon: string, label: string, count?: number, said?: string, bad?: boolean}} props */
function Item({ page, icon, label, count = 0, said = "", bad = false }) {
  const here = place.value.page === page;
  return html`<a class="rail-item" href=${address(page)} aria-current=${here ? "page" : undefined} title=${label} aria-label=${count ? `${label}, ${said}` : label}>
    <${Icon} name=${icon} />${count ? html`<span class="dot ${bad ? "bad" : ""}">${count > 99 ? "99+" : count}</span>` : ""}<span class="rail-word" aria-hidden="true">${label}</span>
  </a>`;
}
