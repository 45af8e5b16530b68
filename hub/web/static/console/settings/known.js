// @ts-check
/** What the console knows of the channels it ships with: which settings come first, and words for them. */

import { t } from "../words.js";

/** Without these nothing works; the rest has defaults that fit most. @type {Record<string, string[]>} */
const FIRST = {
  email: ["address", "imap_password"],
  telegram: ["token"],
  sms: ["gateway", "number", "account_sid", "auth_token"],
  webchat: ["origins", "greeting", "away_text", "form", "jwt_secret"],
};

/** Settings with a name and a hint in every language; any other speaks the English of its channel. */
const FIELDS = [
  "email.address", "email.imap_password", "email.imap_host", "email.imap_port", "email.imap_tls", "email.imap_user", "email.folders",
  "email.smtp_host", "email.smtp_port", "email.smtp_tls", "email.smtp_user", "email.smtp_password", "email.auth", "email.ca_file",
  "email.oauth_refresh_token", "email.oauth_client_id", "email.oauth_client_secret", "email.oauth_token_url", "email.oauth_scope",
  "email.sender_name", "email.signature", "email.reply_tokens", "email.max_message_mb", "email.sends_per_minute", "email.start", "email.authserv_ids",
  "telegram.token", "telegram.api_base", "telegram.mode", "telegram.webhook_secret", "telegram.poll_timeout", "telegram.album_wait",
  "sms.gateway", "sms.number", "sms.account_sid", "sms.auth_token", "sms.messaging_service_sid", "sms.mms", "sms.region", "sms.api_base", "sms.sends_per_second",
  "sms.request_path", "sms.request_method", "sms.request_format", "sms.request_auth", "sms.request", "sms.answer_id", "sms.answer_error",
  "sms.answer_words", "sms.errors", "sms.inbound_id", "sms.inbound_from", "sms.inbound_text", "sms.inbound_to", "sms.inbound_time", "sms.status_id",
  "sms.status_reference", "sms.status_word", "sms.status_error", "sms.statuses", "sms.webhook_secret", "sms.signature_field", "sms.signature_method",
  "sms.inbound_signed", "sms.status_signed", "sms.allowed_addresses", "sms.acknowledgement", "sms.answers_stop",
  "webchat.origins", "webchat.jwt_secret", "webchat.greeting", "webchat.away_text", "webchat.form",
];

/** Choices that have words; of any other the code itself is what its provider calls it. */
const CHOICES = [
  "email.imap_tls.implicit", "email.imap_tls.starttls", "email.imap_tls.none", "email.smtp_tls.implicit", "email.smtp_tls.starttls", "email.smtp_tls.none",
  "email.auth.password", "email.auth.xoauth2", "telegram.mode.polling", "telegram.mode.webhook", "sms.request_auth.none", "sms.request_auth.basic",
  "sms.request_auth.bearer", "sms.request_format.form", "sms.request_format.json", "sms.request_format.query", "webchat.form.none", "webchat.form.optional", "webchat.form.required",
];

/** @param {string} channel @param {string} name @param {string} code */
export const choiceName = (channel, name, code) => (CHOICES.includes(`${channel}.${name}.${code}`) ? t(`setting-choice.${channel}.${name}.${code}`) : code);

/** @typedef {import("./schema.js").Known} Known */

/** The fields in the reader's language. @param {string} channel @param {Known[]} known @returns {Known[]} */
export const worded = (channel, known) => known.map((one) => (FIELDS.includes(`${channel}.${one.name}`) ? { ...one, label: t(`setting.${channel}.${one.name}`), hint: t(`setting-hint.${channel}.${one.name}`) } : one));

/** Those that come first, and the others. @param {string} channel @param {Known[]} known @returns {[Known[], Known[]]} */
export function parted(channel, known) {
  const first = FIRST[channel];
  if (!first) return [known, []];
  const main = first.flatMap((name) => known.filter((one) => one.name === name));
  return [main, known.filter((one) => !main.includes(one))];
}
