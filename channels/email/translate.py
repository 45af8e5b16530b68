"""What a mail means to the hub: a message, news of a mail of ours, or nothing new at all."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from channels.email.parsing import calendar_reply, forwarded
from channels.email.parsing.mail import Address as Mailbox
from channels.email.parsing.mail import Attachment as MailFile
from channels.email.parsing.mail import Bounce, Kind, Mail
from channels.email.parsing.reading import Reading
from channels.email.parsing.receipts import Report
from channels.email.parsing.trust import Doubt, Verdict, judge
from channels.email.tokens import Tokens
from hub.ports import (
    Address,
    Attachment,
    Change,
    DeliveryReceipt,
    InboundMessage,
    Proof,
    Reason,
)

MAX_FILE = 24_000_000
"""Bytes; the hub keeps files up to 25 MB, and the raw mail keeps what is larger."""
MAX_FILES = 200
_MAX_WORDS = 60_000
"""Characters of the full text among the facts, which may be 256 kB of JSON."""
_MAX_PEOPLE = 100
_MAX_REFERENCES = 50
_MAX_SUBJECT = 998
_NOBODY = "unknown-sender@unknown.invalid"
"""Who wrote a mail that names nobody. RFC 2606: nothing is ever delivered there."""
_ADDRESS = re.compile(r"[^@\s<>,;]{1,64}@[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,250}[A-Za-z0-9_])?")
_AHEAD = timedelta(minutes=10)
"""A clock may be that fast; a Date further ahead is not believed."""
_OLDEST = 1990


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mail lies: what it is called, when it came, whether it is history."""

    external_id: str
    arrived_at: datetime
    imported: bool = False


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a mail brings. Nothing of the three: it is our own, and known."""

    message: InboundMessage | None = None
    receipt: DeliveryReceipt | None = None
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Believed:
    """Who we are, and whom we believe: `address` and `authserv_ids` of the inbox, its tokens."""

    address: str
    authserv_ids: tuple[str, ...]
    tokens: Tokens


def translate(reading: Reading, raw: bytes, place: Place, us: Believed) -> Arrived:
    """What the mail brings.

    A report about a mail that is provably ours becomes news of its delivery; any other report is a
    message, so that nobody misses it. Our own mail that comes back is nothing.
    """
    mail = reading.mail
    if mail.message_id and us.tokens.read_message_id(mail.message_id):
        return Arrived()
    if not place.imported:
        if mail.bounce is not None and (news := _bounced(mail.bounce, place, us.tokens)):
            return Arrived(receipt=news)
        if reading.report is not None and (told := _reported(reading.report, place, us.tokens)):
            return told
    return Arrived(message=_message(reading, raw, place, us))


# --- messages ---------------------------------------------------------------------------------


def _message(reading: Reading, raw: bytes, place: Place, us: Believed) -> InboundMessage:
    mail = reading.mail
    author, verdict = _author(reading, us)
    text = mail.reply_text.strip() or mail.text.strip()
    found = reading.forwarded
    files, left_out = _files((*mail.attachments, *(found.attachments if found else ())))
    conversation, delivery = _answered(reading, us.tokens)
    written_at = _written_at(mail.date, place.arrived_at)
    facts = _facts(mail, text, verdict, left_out)
    return InboundMessage(
        external_id=place.external_id,
        address=Address("email", author.address),
        text=text,
        occurred_at=written_at,
        proof=Proof.PROVIDER if verdict.proven else Proof.NONE,
        html=mail.html or "",
        attachments=files,
        sender_name=author.name,
        reply_address=_reply_address(mail, author, verdict),
        conversation_id=conversation,
        answers_delivery=delivery,
        thread=_thread(mail),
        names=_names(reading),
        data=facts,
        raw=raw,
        automatic=_automatic(mail, author, us.address),
        imported=place.imported,
        forwarded=forwarded.as_message(found, facts) if found else None,
        in_order=True,
    )


def _author(reading: Reading, us: Believed) -> tuple[Mailbox, Verdict]:
    """Who wrote, and how sure that is.

    A form on the company's own pages writes in the company's name and puts the visitor's address
    into Reply-To: that is who wrote, as far as anybody can tell.
    """
    mail = reading.mail
    verdict = judge(reading.results, reading.authors, us.authserv_ids)
    sender = mail.sender or Mailbox("", "")
    if _domain(sender.address) == _domain(us.address) and len(mail.reply_to) == 1:
        visitor = mail.reply_to[0]
        if _usable(visitor.address) and _domain(visitor.address) != _domain(us.address):
            name = visitor.name or sender.name
            return Mailbox(name, visitor.address), Verdict(Doubt.FORM)
    if not _usable(sender.address):
        name = sender.name or sender.address
        return Mailbox(name, _NOBODY), Verdict(Doubt.SEVERAL_SENDERS)
    return sender, verdict


def _usable(address: str) -> bool:
    if not address.isprintable() or len(address) > 254:
        return False
    local, _, domain = address.rpartition("@")
    return bool(_ADDRESS.fullmatch(address) or (local and _international(domain)))


def _international(domain: str) -> bool:
    return not domain.isascii() and all(
        label and label.replace("-", "").isalnum() for label in domain.removesuffix(".").split(".")
    )


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _automatic(mail: Mail, author: Mailbox, ours: str) -> bool:
    """A machine wrote it, or a mailbox of our own: it opens nothing, and no rule answers it."""
    machine = mail.kind is not Kind.PERSONAL
    return machine or author.address == _NOBODY or author.address.lower() == ours.lower()


def _reply_address(mail: Mail, author: Mailbox, verdict: Verdict) -> str:
    """Where answers go, when that is elsewhere.

    Kept for whatever is sent there from now on, so only a proven sender may ask for it, and only
    within the domain that was proven.
    """
    if not verdict.proven or len(mail.reply_to) != 1:
        return ""
    wanted = mail.reply_to[0].address
    same = wanted.lower() == author.address.lower()
    near = _domain(wanted) == _domain(author.address)
    return wanted if near and not same and _usable(wanted) else ""


def _answered(reading: Reading, tokens: Tokens) -> tuple[UUID | None, UUID | None]:
    """The conversation and the delivery the mail answers, where a signature of ours says so."""
    mail = reading.mail
    names = [mail.in_reply_to or "", *reversed(mail.references)]
    conversations = (
        *map(tokens.read_reply_address, reading.recipients),
        *map(tokens.read_thread_id, names),
    )
    deliveries = map(tokens.read_message_id, names)
    return (
        next((one for one in conversations if one is not None), None),
        next((one for one in deliveries if one is not None), None),
    )


def _thread(mail: Mail) -> tuple[str, ...]:
    """The mails it refers to, nearest first, as `_names` calls them."""
    names = [mail.in_reply_to or "", *reversed(mail.references)]
    return tuple(dict.fromkeys(_named(one) for one in names if one))[:_MAX_REFERENCES]


def _names(reading: Reading) -> tuple[str, ...]:
    """What else the mail is called: by its bytes, and by its sender for those that refer to it."""
    ours = (digest_name(reading.digest),)
    named = reading.mail.message_id
    return (*ours, _named(named)) if named else ours


def digest_name(digest: str) -> str:
    """The name of a mail by its bytes, for when a folder has been numbered anew."""
    return f"sha256:{digest}"


def _named(message_id: str) -> str:
    return f"message-id:{message_id[:900]}"


def _written_at(claimed: datetime | None, arrived_at: datetime) -> datetime:
    """When it was written: as it says, unless that is impossible."""
    if claimed is None or claimed.tzinfo is None or claimed.year < _OLDEST:
        return arrived_at
    return arrived_at if claimed > arrived_at + _AHEAD else claimed


def _files(found: Sequence[MailFile]) -> tuple[tuple[Attachment, ...], list[dict[str, object]]]:
    """What the hub keeps as files, and what it does not, with its name and size."""
    kept: list[Attachment] = []
    left_out: list[dict[str, object]] = []
    for one in found:
        if one.size > MAX_FILE or len(kept) >= MAX_FILES:
            left_out.append({"name": one.filename[:200], "size": one.size})
            continue
        kept.append(
            Attachment(
                name=one.filename,
                content=one.content,
                content_type=one.content_type,
                inline=one.inline,
                content_id=one.content_id or "",
            )
        )
    return tuple(kept), left_out[:100]


def _facts(
    mail: Mail, text: str, verdict: Verdict, left_out: list[dict[str, object]]
) -> dict[str, object]:
    """`InboundMessage.data`; its keys are described in docs/email.md."""
    facts: dict[str, Any] = {
        "message_id": mail.message_id or "",
        "references": [one[:900] for one in mail.references[-_MAX_REFERENCES:]],
        "in_reply_to": mail.in_reply_to or "",
        "subject": mail.subject[:_MAX_SUBJECT],
        "from": _person(mail.sender) if mail.sender else None,
        "to": [_person(one) for one in mail.to[:_MAX_PEOPLE]],
        "cc": [_person(one) for one in mail.cc[:_MAX_PEOPLE]],
        "reply_to": [_person(one) for one in mail.reply_to[:_MAX_PEOPLE]],
        "kind": str(mail.kind),
        "authentication": {
            "proven": verdict.proven,
            "reason": str(verdict.doubt),
            "result": verdict.result,
            "server": verdict.server,
        },
        "remote_images": mail.remote_images,
    }
    if mail.text.strip() != text:
        facts["full_text"] = mail.text[:_MAX_WORDS]
    if left_out:
        facts["left_out"] = left_out
    if (said := calendar_reply.read(mail.attachments)) is not None:
        facts["calendar"] = {"id": said.uid, "answer": said.answer, "sequence": said.sequence}
    return facts


def _person(one: Mailbox) -> dict[str, str]:
    return {"name": one.name[:200], "address": one.address[:254]}


# --- reports ----------------------------------------------------------------------------------


def _bounced(bounce: Bounce, place: Place, tokens: Tokens) -> DeliveryReceipt | None:
    delivery = tokens.read_message_id(bounce.original_message_id or "")
    if delivery is None:
        return None
    failed = bounce.action == "failed"
    status = bounce.status or ""
    return DeliveryReceipt(
        status="failed" if failed else "sent",
        occurred_at=place.arrived_at,
        delivery_id=delivery,
        provider_status=bounce.action,
        provider_code=status,
        detail=_explained(bounce),
        reason=str(reason_of(status)) if failed else "",
        recipient=bounce.recipient or "",
    )


def _explained(bounce: Bounce) -> str:
    whom = f" to {bounce.recipient}" if bounce.recipient else ""
    if bounce.action != "failed":
        return f"The mail{whom} is delayed; its server goes on trying."
    code = f" ({bounce.status})" if bounce.status else ""
    return f"The mail{whom} came back{code}."


def reason_of(status: str) -> Reason:
    """A status of RFC 3463 as the hub's reason."""
    kind, _, detail = status.partition(".")
    if detail in {"2.3", "3.4"}:
        return Reason.TOO_LARGE
    if detail.startswith("7."):
        return Reason.CONTENT_REJECTED if kind == "5" else Reason.OTHER
    if detail in {"1.1", "1.2", "1.3", "1.6", "1.10", "2.1"} and kind == "5":
        return Reason.INVALID_ADDRESS
    if detail.startswith(("2.", "4.")) or kind == "4":
        return Reason.UNREACHABLE
    return Reason.CONTENT_REJECTED if detail.startswith("6.") else Reason.OTHER


def _reported(report: Report, place: Place, tokens: Tokens) -> Arrived | None:
    delivery = tokens.read_message_id(report.original)
    if delivery is None:
        return None
    if report.kind == "unwanted":
        # Who sends a report writes what they like into it: only the mail's own name is proof.
        return Arrived(
            change=Change(
                kind="opted_out",
                occurred_at=place.arrived_at,
                address=Address("email", report.recipient),
                change_id=place.external_id,
                delivery_id=delivery,
            )
        )
    return Arrived(
        receipt=DeliveryReceipt(
            status=report.kind,
            occurred_at=place.arrived_at,
            delivery_id=delivery,
            provider_status=report.kind,
            recipient=report.recipient,
        )
    )
