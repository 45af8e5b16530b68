"""Whether a message goes, when, and by which ways: one decision, for every message there is.

What a person writes by hand leaves at once. What is sent by itself, and all that is no service,
keeps the customer's quiet hours: it is deferred to their end, never dropped; only what would be
worth nothing by then goes all the same. Past the cap of its purpose a message is not sent: whoever
has had enough does not want it later either.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hub.customers.quiet import Quiet
from hub.deliveries.policy import Cap
from hub.deliveries.route import Candidate, Choice, Obstacle, Wish, choose
from hub.mappings import NOTHING

QUIET_HOURS = "quiet-hours"
SCHEDULED = "scheduled"
FREQUENCY_CAP = "frequency-cap"
NO_CONTACT_POINT = "no-contact-point"
SERVICE = "service"


class Letter(NamedTuple):
    """What is to be sent, as far as its time goes. A tuple, as all below: thousands are made.

    by_hand: an operator wrote it. automatic: a machine, on its own. useful_until: after that it is
    worth nothing.
    """

    purpose: str
    by_hand: bool
    automatic: bool = False
    send_at: datetime | None = None
    useful_until: datetime | None = None

    @property
    def minds_quiet(self) -> bool:
        return not self.by_hand and (self.automatic or self.purpose != SERVICE)


class Recipient(NamedTuple):
    """What limits messages to the customer now. had: of the purpose, within the cap's span."""

    zone: ZoneInfo
    quiet: Quiet | None = None
    cap: Cap | None = None
    had: int = 0


class Plan(NamedTuple):
    """outcome: sent, waiting (until `leaves_at`), suppressed, no-route; `reason` a code.

    choice: every way with its verdict, also of what is not sent: the way it would have gone.
    """

    outcome: str
    reason: str
    choice: Choice
    leaves_at: datetime | None = None
    facts: Mapping[str, object] = NOTHING

    @property
    def goes(self) -> bool:
        return self.outcome in {"sent", "waiting"}


def plan(
    candidates: Sequence[Candidate],
    wish: Wish,
    letter: Letter,
    recipient: Recipient,
    now: datetime,
) -> Plan:
    """What becomes of the message. Ways are judged as of the time it leaves."""
    asked = letter.send_at if letter.send_at is not None and letter.send_at > now else None
    until = deferred(letter, recipient, asked or now)
    leaves_at = until or asked
    choice = choose(candidates, wish, leaves_at or now)
    if choice.chosen is None:
        return Plan(*refusal(choice), choice)
    if recipient.cap and not letter.by_hand and recipient.had >= recipient.cap.most:
        had = {"most": recipient.cap.most, "days": recipient.cap.days, "had": recipient.had}
        return Plan("suppressed", FREQUENCY_CAP, choice, facts=had)
    if until:
        hours = {"until": until, "time_zone": recipient.zone.key}
        return Plan("waiting", QUIET_HOURS, choice, until, hours)
    if asked:
        return Plan("waiting", SCHEDULED, choice, asked)
    [reason] = [one.reason for one in choice.verdicts if one.chosen]
    return Plan("sent", reason, choice)


def deferred(letter: Letter, recipient: Recipient, moment: datetime) -> datetime | None:
    """The end of the quiet hours that `moment` lies in, should the message keep them."""
    if recipient.quiet is None or not letter.minds_quiet:
        return None
    over = recipient.quiet.over_at(moment, recipient.zone)
    useless = over and letter.useful_until is not None and over > letter.useful_until
    return None if useless else over


def refusal(choice: Choice) -> tuple[str, str]:
    """(outcome, reason) when there is no way: a customer's no is no missing address."""
    if not choice.verdicts:
        return "no-route", NO_CONTACT_POINT
    for no in (Obstacle.OPTED_OUT, Obstacle.NO_CONSENT):
        if any(no in one.obstacles for one in choice.verdicts):
            return "suppressed", str(no)
    return "no-route", choice.verdicts[0].reason
