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
    "no-consent": "the customer has not agreed to messages of this kind there",
    "blocked": "the customer has blocked us there",
    "unhealthy": "messages to it have failed for good",
    "never-wrote": "nothing ever came from there, and this channel may not write first",
    "window-closed": "the time to answer there is over",
    "no-files": "it takes no files",
    "file-too-large": "a file is too large for it",
    "no-buttons": "it takes no buttons",
    "no-cc": "it takes no copies",
    "awaits-visit": "it reaches only who comes to look",
    "moved-away": "the address belongs to another customer by now",
    "preferred": "the customer prefers its channel",
    "channel-order": "the installation's order of channels names it",
    "cheaper": "it costs less than the others",
    "stand-in": "what was asked for is closed, and it stands in",
    "fallback": "it is next if the ways before it bring no receipt in time, or fail",
    "no-receipt": "the way before it brought no receipt in time",
    "way-failed": "the way before it came to nothing",
    "arrived": "the message has arrived by another way",
    "answered": "the customer has written since",
    "overtaken": "it had not left when the next way's time came",
    "changed": "the message was changed or taken back",
    "taken-back": "it was taken back",
    "no-contact-point": "no address of the customer is known",
    "scheduled": "at the time that was set",
    "template-silent": "the template has nothing to say about this",
    "unread-in-chat": "what was written in the chat was not read there",
    "quiet-hours": "the customer is not to be disturbed at that hour",
    "frequency-cap": "the customer has had as many messages of this kind as they are to have",
    "expired": "its time ran out",
    "in-doubt": "it may have been sent, and is tried again all the same",
    "late": "it was too late when it could have been sent",
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


_REMINDERS = {
    "moved": "the time it was planned for had been changed",
    "cancelled": "what it was about was cancelled or had ended",
    "no-time": "there was no time to count from any more",
    "late": "it was too late when it could have been sent",
    "rule-off": "its rule had been switched off, changed or removed",
    "skipped": "the conditions of its rule did not hold",
    "capped": "its rule had fired for this customer as often as it may",
    "repeated": "its rule had fired for this before",
    "superseded": "things had moved on",
    "loop": "rules had set each other off too often",
    "template-silent": "its template had nothing to say",
}


def reminder(status: str, reason: str) -> str:
    """What became of a reminder."""
    said = {"planned": "waits for that", "sent": "was sent", "dropped": "was not sent"}[status]
    return f"{said}: {_REMINDERS.get(reason, why(reason))}" if reason else said


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
    told = "; ".join(filter(None, (why(decision["reason"]), _rests_on(decision["facts"]))))
    reason = f" ({told})" if told else ""
    by = f" by the rule {decision['rule']}" if decision["rule"] else f" by {decision['by_kind']}"
    return f"{_OUTCOMES.get(decision['outcome'], decision['outcome'])}{reason},{by}."


def _rests_on(facts: Facts) -> str:
    """When quiet hours end, or how much there was of what is capped."""
    if "until" in facts:
        until = facts["until"][:16].replace("T", " ")
        return f"until {until} UTC, by the clock of {facts['time_zone']}"
    if "most" in facts:
        return f"{facts['had']} in {facts['days']} days, of {facts['most']} at most"
    return ""


def candidate(one: Facts) -> str:
    mark = "->" if one.get("chosen") else "  "
    through = f" through {one['inbox']}" if one.get("inbox") else ""
    after = one.get("facts", {}).get("after")
    late = f", {after:g} s after the way before" if after else ""
    where = one.get("contact_point") or "a contact point"
    return f"{mark} {where}{through}: {why(one['reason'])}{late}"


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


_VERDICTS = {
    "fire": "it would fire now",
    "off": "it is switched off",
    "nothing": "the customer has nothing that it is about",
    "skipped": "its conditions do not hold",
    "repeated": "it has fired for this before",
    "capped": "it has fired for this customer as often as it may",
    "late": "it would come too late",
}


def verdict(would: str) -> str:
    """What a rule would do now for a customer."""
    return _VERDICTS.get(would, would)


_EVIDENCE = {
    "claimed": "somebody said so, and nothing vouches for it",
    "import": "history from another system says so",
    "integration": "another system says so",
    "provider": "the provider vouches for it",
    "signed": "the company's own site signed for it",
    "reply": "it answered, with our signature, a mail that was sent to the customer",
    "link-code": "a one-time code came back from there",
    "operator": "an operator decided it",
}


def edge(one: Facts) -> str:
    """Why an address or a merged record is, or was, this customer's."""
    who = one["by"]["name"] or one["by"]["kind"]
    told = [f"{_joined(one)}: {_EVIDENCE.get(one['evidence'], one['evidence'])}"]
    told.append(f"{one['at'][:19].replace('T', ' ')} UTC, by {who}")
    told += [f"“{one['reason']}”"] if one["reason"] else []
    if one["undone_at"]:
        told.append(f"undone {one['undone_at'][:19].replace('T', ' ')} UTC")
    elif one["undoable"]:
        told.append(f"can be undone: {one['id']}")
    return f"{'; '.join(told)}."


def _joined(one: Facts) -> str:
    where = f"{one['into']['name'] or 'the record without a name'} ({one['into']['id']})"
    if one["contact_point"] is None:
        return f"{one['from']['name'] or 'A record without a name'} was merged into {where}"
    address = f"{one['contact_point']['scheme']}:{one['contact_point']['value']}"
    verb = {"split": "was taken out to", "added": "was added to"}.get(one["act"], "began with")
    return f"{address} {verb} {where}"


def point(one: Facts) -> str:
    told = [
        f"seen by {one['inbox']}" if one["inbox"] else "no inbox has seen it yet",
        f"proof: {one['proof']}",
        why(one["health"]) if one["health"] != "ok" else "",
        why("opted-out") if one["opted_out_at"] else "",
        why("blocked") if one["blocked_at"] else "",
    ]
    return f"{one['scheme']}:{one['value']} ({', '.join(filter(None, told))})"
