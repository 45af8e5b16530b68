"""Everything the channel wants to know of a mail, read in one go out of its bytes."""

import hashlib
from dataclasses import dataclass

from channels.email.parsing import addresses, forwarded, receipts
from channels.email.parsing.forwarded import Found
from channels.email.parsing.headers import Headers
from channels.email.parsing.mail import Address, Kind, Mail
from channels.email.parsing.parse import parse_whole
from channels.email.parsing.receipts import Report

_ENVELOPE = (
    "delivered-to",
    "x-original-to",
    "x-delivered-to",
    "envelope-to",
    "x-envelope-to",
    "x-forwarded-to",
)
"""Where servers write down whom a mail was really for."""
_MAX_RESULTS = 50


@dataclass(frozen=True, slots=True)
class Reading:
    """A mail and what its fields say of its way here.

    authors: every address in every From. recipients: To, Cc and whom servers say it was for.
    results: Authentication-Results, topmost first. digest: SHA-256 of the bytes, in hex.
    forwarded: the mail that this one sends on.
    """

    mail: Mail
    digest: str
    authors: tuple[str, ...]
    recipients: tuple[str, ...]
    results: tuple[str, ...]
    report: Report | None = None
    forwarded: Found | None = None


def read(raw: bytes) -> Reading:
    """Never raises for what `raw` may be; linear in its size."""
    mail, root = parse_whole(raw)
    fields = root.headers
    named = [one.address for one in (*mail.to, *mail.cc)]
    return Reading(
        mail=mail,
        digest=hashlib.sha256(raw).hexdigest(),
        authors=tuple(one.address for one in _mailboxes(fields, "from")),
        recipients=tuple(dict.fromkeys([*named, *_envelope(fields)])),
        results=tuple(fields.all("authentication-results")[:_MAX_RESULTS]),
        report=receipts.read(root) if mail.kind in _REPORTS else None,
        forwarded=forwarded.read(mail),
    )


_REPORTS = frozenset({Kind.RECEIPT, Kind.FEEDBACK})


def _mailboxes(fields: Headers, name: str) -> list[Address]:
    return [one for value in fields.all(name)[:20] for one in addresses.parse(value)]


def _envelope(fields: Headers) -> list[str]:
    return [one.address for name in _ENVELOPE for one in _mailboxes(fields, name)]
