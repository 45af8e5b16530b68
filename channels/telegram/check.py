"""What an administrator is told about a bot: who it is, how messages come, who else uses it."""

from datetime import datetime, timedelta

from aiogram.methods import GetMe, GetWebhookInfo

from channels.telegram.api import BotApi
from channels.telegram.errors import TWO_POLLERS, classify
from channels.telegram.fields import Json, integer, moment, text_of
from channels.telegram.receiving import IGNORED, LEAVE_GROUPS
from channels.telegram.settings import TelegramSettings
from channels.telegram.webhook import url_of
from hub.ports import Finding, Host, InboxMisconfigured

_RECENT = timedelta(minutes=10)
_MANY = 100
"""Updates that wait, from which it is worth saying."""


async def findings(settings: TelegramSettings, host: Host) -> list[Finding]:
    """One line for each thing tried. Never raises for what a server may answer."""
    api = BotApi(settings, host.http)
    try:
        me = await api.call(GetMe())
        stands = await api.call(GetWebhookInfo())
    except Exception as error:  # noqa: BLE001 - whatever it is, it is said
        meaning = classify(error)
        remedy = meaning.remedy if isinstance(meaning, InboxMisconfigured) else ""
        return [Finding("error", str(meaning), remedy or "Is the Bot API server's address right?")]
    found = [Finding("ok", f"Telegram accepts the token: this is @{text_of(me, 'username')}.")]
    webhook = {"url": text_of(stands, "url"), "stands": stands}
    how = _polling if settings.mode == "polling" else _webhook
    found += how(webhook, host)
    if integer(stands, "pending_update_count") > _MANY:
        count = integer(stands, "pending_update_count")
        found.append(Finding("warning", f"{count} updates wait at Telegram to be taken in."))
    return found + await _other_poller(host) + await _elsewhere(host)


def _polling(webhook: Json, _: Host) -> list[Finding]:
    if not webhook["url"]:
        return [Finding("ok", "Messages are fetched: no webhook stands in the way.")]
    return [
        Finding(
            "warning",
            "A webhook is set for this bot, perhaps by another program: while it is, nothing can "
            "be fetched.",
            "Opening this inbox removes it. Stop the other program, or give it a bot of its own.",
        )
    ]


def _webhook(webhook: Json, host: Host) -> list[Finding]:
    wanted, stands = url_of(host), webhook["stands"]
    found = []
    if webhook["url"] == wanted:
        found.append(Finding("ok", "Telegram calls this inbox."))
    elif webhook["url"]:
        found.append(
            Finding(
                "warning",
                "Telegram calls another address than this inbox's.",
                "Opening this inbox sets its own. Stop the other program that uses this bot.",
            )
        )
    else:
        found.append(Finding("warning", "No webhook is set.", "Enable the inbox: that sets it."))
    if not wanted.startswith("https://"):
        found.append(
            Finding(
                "warning",
                "Telegram calls only https addresses.",
                "Set HUB_PUBLIC_URL to the https address of this hub, or choose polling.",
            )
        )
    said, at = text_of(stands, "last_error_message"), moment(stands, "last_error_date")
    if said and at is not None and host.now() - at < _RECENT:
        found.append(Finding("warning", f"Telegram's last call failed: {said[:300]}"))
    return found


async def _other_poller(host: Host) -> list[Finding]:
    known = await host.state.get("conflict") or {}
    if not _is_recent(text_of(known, "at"), host.now()):
        return []
    remedy = "Find the other program and stop it, or ask @BotFather for a new token (/revoke)."
    return [Finding("warning", TWO_POLLERS, remedy)]


def _is_recent(written: str, now: datetime) -> bool:
    try:
        return now - datetime.fromisoformat(written) < _RECENT
    except (ValueError, TypeError):
        return False


async def _elsewhere(host: Host) -> list[Finding]:
    known = await host.state.get(IGNORED) or {}
    count = integer(known, "count")
    if not count:
        return []
    said = f"{count} messages of groups and channels were left alone, the last of "
    return [
        Finding(
            "warning",
            f"{said}“{text_of(known, 'title')}”: an inbox answers in private chats only.",
            LEAVE_GROUPS,
        )
    ]
