"""Trying a mailbox's settings: what works, what does not, and what to do about it."""

import asyncio
from collections.abc import Sequence

from channels.email.credentials import Credentials
from channels.email.errors import classify
from channels.email.imap import Mailbox
from channels.email.imap_connect import signed_in
from channels.email.settings import EmailSettings
from channels.email.smtp import leave, reach
from channels.email.tls import tls_context
from hub.ports import ChannelError, Finding, InboxMisconfigured

_TRUSTED = {
    ("gmail.com", "googlemail.com"): "mx.google.com",
    ("office365.com", "outlook.com"): "-",
    ("yandex.ru", "yandex.com"): "mail-nwsmtp.yandex.net (as your mails' source shows it)",
    ("mail.ru",): "mxs.mail.ru",
}


async def check(settings: EmailSettings, credentials: Credentials) -> Sequence[Finding]:
    """One finding for each thing that was tried. Never raises for what a server may answer."""
    found: list[Finding] = []
    if settings.imap_host:
        found += await _receiving(settings, credentials)
    else:
        found.append(Finding("warning", "No incoming server is set: this inbox only sends."))
    if settings.smtp_host:
        found += await _sending(settings, credentials)
    else:
        found.append(Finding("warning", "No outgoing server is set: this inbox only receives."))
    if settings.imap_host and not settings.authserv_ids:
        found.append(_nobody_believed(settings.imap_host))
    return found


async def _receiving(settings: EmailSettings, credentials: Credentials) -> list[Finding]:
    user, _ = settings.imap_login
    where = f"{settings.imap_host}, port {settings.imap_at[1]}"
    try:
        secret = await credentials.receiving()
        async with signed_in(settings, secret) as mailbox:
            return [
                Finding("ok", f"Signed in at {where} as {user}."),
                *[await _folder(mailbox, folder) for folder in settings.folders],
                *_pushes(mailbox),
            ]
    except Exception as error:  # noqa: BLE001 - whatever happened is what was to be found out
        return [as_finding(classify(error, settings.imap_host), f"Receiving from {where}")]


async def _folder(mailbox: Mailbox, folder: str) -> Finding:
    try:
        opened = await mailbox.select(folder)
    except Exception as error:
        fault = classify(error)
        if not isinstance(fault, InboxMisconfigured):
            raise
        others = ", ".join(sorted(await mailbox.folders())[:30])
        return Finding("error", str(fault), f"The mailbox has these folders: {others}.")
    return Finding("ok", f"The folder {folder} holds {opened.count:,} mails.")


async def _sending(settings: EmailSettings, credentials: Credentials) -> list[Finding]:
    user, _ = settings.smtp_login
    where = f"{settings.smtp_host}, port {settings.smtp_at[1]}"
    try:
        context = await asyncio.to_thread(tls_context, settings.ca_file)
        client = await reach(settings, credentials.sending, context)
    except Exception as error:  # noqa: BLE001 - whatever happened is what was to be found out
        return [as_finding(classify(error, settings.smtp_host), f"Sending through {where}")]
    await leave(client)
    return [Finding("ok", f"Ready to send through {where} as {user}.")]


def _pushes(mailbox: Mailbox) -> list[Finding]:
    if "IDLE" in mailbox.capabilities:
        return []
    return [Finding("warning", "The server pushes nothing (no IDLE): mails come a little later.")]


def as_finding(fault: ChannelError, what: str) -> Finding:
    remedy = fault.remedy if isinstance(fault, InboxMisconfigured) else ""
    return Finding("error", f"{what}: {fault}", remedy)


def _nobody_believed(host: str) -> Finding:
    known = next((name for hosts, name in _TRUSTED.items() if host.endswith(hosts)), "")
    remedy = f"Here it is {known}." if known else "docs/email.md says where to find its name."
    return Finding(
        "warning",
        "No server is believed about senders (authserv_ids): every sender will be unproven.",
        remedy,
    )
