// @ts-check
/** The page: the rail, what is open beside it, and what lies over both. */

import { html } from "../vendor/htm-preact.js";
import { useLayoutEffect } from "../vendor/preact-hooks.js";
import { List } from "./inbox/list.js";
import { Customers } from "./pages/customers.js";
import { Appointments } from "./pages/appointments.js";
import { Orders } from "./pages/orders.js";
import { Problems } from "./pages/problems.js";
import { Panel } from "./person/panel.js";
import { place } from "./route.js";
import { Settings } from "./settings/settings.js";
import { pressed } from "./shell/keys.js";
import { folded, panelOver } from "./shell/panes.js";
import { Picker } from "./shell/picker.js";
import { Rail } from "./shell/rail.js";
import { Sheet } from "./shell/sheet.js";
import { Status } from "./shell/status.js";
import { conversation, customer, selected } from "./talk/opened.js";
import { Talk } from "./talk/timeline.js";

/** @type {Record<string, any>} */
const PAGES = { customers: Customers, orders: Orders, appointments: Appointments, problems: Problems, settings: Settings };

export function Console() {
  // Before the page is seen: the first key is heard as well.
  useLayoutEffect(() => {
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
  const Page = PAGES[place.value.page];
  return html`
    <div class="frame" data-open=${selected.value ? "conversation" : "list"}>
      <${Rail} />
      ${Page ? html`<${Page} />` : html`<${Inbox} />`}
    </div>
    <${Status} /><${Picker} /><${Sheet} />
  `;
}

function Inbox() {
  const open = selected.value ? "conversation" : "list";
  const panel = conversation.value && (panelOver.value || !folded());
  return html`
    <div class="panes" data-open=${open} data-panel=${panel ? (panelOver.value ? "over" : "beside") : "none"}>
      <${List} />
      <${Talk} />
      ${panel ? html`<${Panel} key=${customer.value?.id} person=${customer.value} />` : ""}
    </div>
  `;
}
