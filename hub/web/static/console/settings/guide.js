// @ts-check
/** How an account is set up at its provider: what to click there, and what follows from it here. */

import { html } from "../../vendor/htm-preact.js";
import { useState } from "../../vendor/preact-hooks.js";
import { Icon } from "../shell/icon.js";
import { t } from "../words.js";
import { useGiven } from "./form.js";

/** Mail providers and their servers. @type {Record<string, {settings: Record<string, any>, page?: string}>} */
const PROVIDERS = {
  gmail: { settings: { imap_host: "imap.gmail.com", smtp_host: "smtp.gmail.com", smtp_tls: "starttls", auth: "password", authserv_ids: "mx.google.com" }, page: "https://myaccount.google.com/apppasswords" },
  outlook: { settings: { imap_host: "outlook.office365.com", smtp_host: "smtp.office365.com", smtp_tls: "starttls", auth: "xoauth2", authserv_ids: "-" }, page: "https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth" },
  yandex: { settings: { imap_host: "imap.yandex.ru", smtp_host: "smtp.yandex.ru", smtp_tls: "implicit", auth: "password", authserv_ids: "" }, page: "https://id.yandex.ru/security/app-passwords" },
  mailru: { settings: { imap_host: "imap.mail.ru", smtp_host: "smtp.mail.ru", smtp_tls: "implicit", auth: "password", authserv_ids: "mxs.mail.ru" }, page: "https://account.mail.ru/user/2-step-auth/passwords/" },
  other: { settings: { imap_host: "", smtp_host: "", smtp_tls: "starttls", auth: "password", authserv_ids: "" } },
};
/** Usual for both kinds of server, whoever runs them. */
const USUAL = { imap_port: 0, smtp_port: 0, imap_tls: "implicit" };

/** Where a new account of a channel begins. @type {Record<string, string>} */
const PAGES = { telegram: "https://t.me/BotFather", sms: "https://console.twilio.com/" };

/** @param {{channel: string, chosen: string, choose: (name: string) => void}} props */
export function Guide({ channel, chosen, choose }) {
  if (channel === "email") return html`<${MailGuide} chosen=${chosen} choose=${choose} />`;
  if (!PAGES[channel]) return null;
  return html`<${Steps} words=${t(`guide.${channel}`)} page=${PAGES[channel]} link=${t(`guide-open.${channel}`)} />`;
}

/** @param {{chosen: string, choose: (name: string) => void}} props */
function MailGuide({ chosen, choose }) {
  const { given, setGiven } = useGiven();
  const [filled, setFilled] = useState("");
  /** @param {string} name */
  const take = (name) => {
    choose(name);
    setFilled(name === "other" ? "" : PROVIDERS[name].settings.imap_host);
    setGiven({ ...given, ...USUAL, ...PROVIDERS[name].settings });
  };
  return html`
    <div class="field" role="group" aria-label=${t("guide.provider")}><span class="field-name">${t("guide.provider")}</span>
      <div class="tiles">${Object.keys(PROVIDERS).map((name) => html`<button type="button" class="tile" aria-pressed=${chosen === name ? "true" : "false"} onClick=${() => take(name)}>${t(`provider.${name}`)}</button>`)}</div>
    </div>
    ${chosen ? html`<${Steps} words=${t(`guide.${chosen}`)} page=${PROVIDERS[chosen].page} link=${PROVIDERS[chosen].page ? t(`guide-open.${chosen}`) : ""} />` : ""}
    ${filled ? html`<p class="quiet" role="status">${t("guide.filled", { server: filled })}</p>` : ""}`;
}

/** @param {{words: string, page?: string, link: string}} props */
const Steps = ({ words, page, link }) => html`<div class="guide"><p>${words}</p>${page ? html`<a href=${page} target="_blank" rel="noopener noreferrer">${link} <${Icon} name="external-link" /></a>` : ""}</div>`;
