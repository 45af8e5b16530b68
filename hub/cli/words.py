"""Plain words for the codes that decisions, deliveries and attempts are kept in. Pure."""

from collections.abc import Mapping
from typing import Any

Facts = Mapping[str, Any]

_OUTCOMES = {
    "sent": "it was decided to send",
    "waiting": "it was decided to send, later",
    "suppressed": "it was decided not to send",
    "no-route": "there was no way to send",
    "superseded": "it was not sent, since things had moved on",
}
_WHY = {
    "named": "it was asked for by name",
    "channel-named": "its channel was asked for",
    "conversation": "the conversation's last message came from there",
    "last-inbound": "the customer last wrote from there",
    "newest": "it is the newest one known",
    "outranked": "another one was preferred",
    "other-contact-point": "another contact point was asked for",
    "other-channel": "another channel was asked for",
    "inbox-disabled": "its inbox is switched off",
    "opted-out": "the customer asked for silence there",
    "blocked": "the customer has blocked us there",
    "unhealthy": "messages to it have failed for good",
    "never-wrote": "nothing ever came from there, and this channel may not write first",
    "window-closed": "the time to answer there is over",
    "no-files": "it takes no files",
    "file-too-large": "a file is too large for it",
    "no-buttons": "it takes no buttons",
    "no-cc": "it takes no copies",
    "expired": "its time ran out",
    "in-doubt": "it may have been sent, and is tried again all the same",
    "order-changed": "the order had changed by then",
    "content_rejected": "the provider refuses the content",
    "too_large": "it is too large",
    "invalid_address": "there is no such address",
    "unreachable": "the address cannot be reached",
    "opted_out": "the customer asked for silence there",
}
_STATUSES = {
    "scheduled": "waits for its time",
    "waiting": "waits for its turn",
    "queued": "waits to be sent",
    "sending": "is being handed over",
    "unknown": "may have been sent: nobody knows until the provider tells or an operator decides",
    "sent": "the provider took it",
    "delivered": "arrived",
    "failed": "failed",
    "read": "was read",
    "cancelled": "was cancelled",
    "suppressed": "was kept from being sent",
}
_ATTEMPTS = {
    "": "under way, or ended by a crash",
    "sent": "the provider took it",
    "transient": "it did not work, and is tried again",
    "rate-limited": "told to wait",
    "permanent": "refused for good",
    "unknown": "nobody knows whether it arrived",
    "misconfigured": "the inbox's settings are wrong",
    "not-started": "there was no time left to try",
}


def kind(entry: Facts) -> str:
    """`An outbound message by rule Order notices`, for example."""
    direction = f"{entry['direction']} " if entry["direction"] else ""
    article = "An" if (direction or entry["kind"])[0] in "aio" else "A"
    author = " ".join(filter(None, (entry["author_kind"], entry["author_name"])))
    return f"{article} {direction}{entry['kind']} by {author}"


def why(code: str) -> str:
    """A reason in words; a word that is not ours is shown as it is."""
    return _WHY.get(code, code)


def outcome(decision: Facts) -> str:
    reason = f" ({why(decision['reason'])})" if decision["reason"] else ""
    by = f" by the rule {decision['rule']}" if decision["rule"] else f" by {decision['by_kind']}"
    return f"{_OUTCOMES.get(decision['outcome'], decision['outcome'])}{reason},{by}."


def candidate(one: Facts) -> str:
    mark = "->" if one.get("chosen") else "  "
    through = f" through {one['inbox']}" if one.get("inbox") else ""
    return f"{mark} {one.get('contact_point') or 'a contact point'}{through}: {why(one['reason'])}"


def status(delivery: Facts) -> str:
    told = [
        why(delivery["reason"]),
        delivery["detail"],
        f"provider: {delivery['provider_status']}" if delivery["provider_status"] else "",
        f"code {delivery['provider_code']}" if delivery["provider_code"] else "",
    ]
    if delivery["status"] == "queued" and delivery["inbox_state"] != "open":
        told.append(f"its inbox is {delivery['inbox_state']}")
    more = "; ".join(filter(None, told))
    said = _STATUSES.get(delivery["status"], delivery["status"])
    return f"{said}{f' ({more})' if more else ''}."


def attempt(one: Facts) -> str:
    more = "; ".join(filter(None, (one["detail"], one["provider_code"])))
    said = _ATTEMPTS.get(one["outcome"], one["outcome"])
    return f"{said}{f' ({more})' if more else ''}."


def point(one: Facts) -> str:
    told = [
        f"seen by {one['inbox']}" if one["inbox"] else "no inbox has seen it yet",
        f"proof: {one['proof']}",
        why(one["health"]) if one["health"] != "ok" else "",
        why("opted-out") if one["opted_out_at"] else "",
        why("blocked") if one["blocked_at"] else "",
    ]
    return f"{one['scheme']}:{one['value']} ({', '.join(filter(None, told))})"
