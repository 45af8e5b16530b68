"""Whether somebody we believe has checked that a mail comes from where its From says.

Authentication-Results (RFC 8601) is written by the receiving server and can be written by anybody
else too. Only the topmost one that carries the name of a trusted server is read: servers put their
own above what came with the mail, and remove what came under their own name (RFC 8601 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from channels.email.domains import ascii_domain
from channels.email.parsing.auth_results import statements

NAMELESS = "-"
"""What stands for a server that writes no name (Outlook)."""


class Doubt(StrEnum):
    """Why a sender is shown as unproven; the console makes words of it."""

    NONE = ""
    NO_TRUSTED_SERVER = "no-trusted-server"
    """The inbox names no server that is believed."""
    NOT_CHECKED = "not-checked"
    """No server that is believed has written down a check."""
    NO_POLICY = "no-policy"
    """The sender's domain says nothing of who may write in its name."""
    FAILED = "failed"
    """The check was made and failed: the address may be forged."""
    OTHER_DOMAIN = "other-domain"
    """The check was about another domain than the one in From."""
    SEVERAL_SENDERS = "several-senders"
    """From names nobody, or more than one."""
    FORM = "form"
    """A form on a page wrote the mail; the address was typed into it."""
    FORWARDED = "forwarded"
    """An operator sent the mail on; who wrote it is what the forwarded header says."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """result: what the server wrote (`pass`, `fail`, `none`, ...); server: who wrote it."""

    doubt: Doubt
    result: str = ""
    server: str = ""

    @property
    def proven(self) -> bool:
        return self.doubt is Doubt.NONE


def judge(
    results: Sequence[str], from_addresses: Sequence[str], trusted: Sequence[str]
) -> Verdict:
    """The verdict on a mail with these Authentication-Results, topmost first, and these From."""
    if len(from_addresses) != 1 or "@" not in from_addresses[0]:
        return Verdict(Doubt.SEVERAL_SENDERS)
    if not trusted:
        return Verdict(Doubt.NO_TRUSTED_SERVER)
    written = next((one for one in map(_split, results) if one[0] in trusted), None)
    if written is None:
        return Verdict(Doubt.NOT_CHECKED)
    server, checks = written
    for check in checks:
        method, _, result = (check[0] if check else "").partition("=")
        if method.lower() == "dmarc" and result:
            return Verdict(
                _doubt(result.lower(), check, from_addresses[0]), result.lower(), server
            )
    return Verdict(Doubt.NOT_CHECKED, server=server)


def _doubt(result: str, check: Sequence[str], from_address: str) -> Doubt:
    if result in {"none", "bestguesspass"}:
        return Doubt.NO_POLICY
    if result != "pass":
        return Doubt.FAILED
    about = [one.partition("=")[2] for one in check if one.lower().startswith("header.from=")]
    domain = from_address.rpartition("@")[2]
    if not all(_same_domain(one.rpartition("@")[2], domain) for one in about):
        return Doubt.OTHER_DOMAIN
    return Doubt.NONE


def _same_domain(one: str, other: str) -> bool:
    try:
        return ascii_domain(one) == ascii_domain(other)
    except ValueError:
        return False


def _split(field: str) -> tuple[str, list[list[str]]]:
    """The server's name and its checks: `mx.example 1; spf=pass ...; dmarc=pass ...`."""
    first, *rest = statements(field)
    if not first or "=" in first[0]:
        return NAMELESS, [first, *rest]
    return first[0].lower(), rest
