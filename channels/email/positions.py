"""How far a folder has been taken in, and what is to be fetched next."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from channels.email.imap import Selected


@dataclass(frozen=True, slots=True)
class Position:
    """Where we stand in one folder.

    validity: the numbering (UIDVALIDITY) that the UIDs belong to. uid: everything up to it is in.
    marked: the first UID of what was taken last and may not carry its mark yet; 0 for none.
    past, until: history from `past` on to `until` is still to be imported; 0 for none.
    since: the day from which history counts. begun: when the folder was seen for the first time.
    renamed: mails up to this UID may be old ones under new numbers.
    """

    validity: int
    uid: int
    begun: datetime
    marked: int = 0
    past: int = 0
    until: int = 0
    since: datetime | None = None
    renamed: int = 0

    @property
    def has_history(self) -> bool:
        return 0 < self.past <= self.until

    def name(self, folder: str, uid: int) -> str:
        """What a mail is called (`InboundMessage.external_id`)."""
        return f"{folder}/{self.validity}/{uid}"

    def is_older(self, uid: int, arrived_at: datetime | None) -> bool:
        """Whether a mail under a new number was there before the folder was seen at all."""
        # INTERNALDATE has whole seconds: of the second we began in, everything counts as new.
        began = self.begun.replace(microsecond=0)
        return uid <= self.renamed and arrived_at is not None and arrived_at < began

    def taken(self, first: int, last: int) -> "Position":
        """After the mails from `first` to `last` came in."""
        return replace(self, uid=max(self.uid, last), marked=first)

    def imported(self, last: int) -> "Position":
        """After history up to `last` came in."""
        return replace(self, past=last + 1)

    def to_json(self) -> dict[str, object]:
        return {
            "validity": self.validity,
            "uid": self.uid,
            "begun": self.begun.isoformat(),
            "marked": self.marked,
            "past": self.past,
            "until": self.until,
            "since": self.since.isoformat() if self.since else "",
            "renamed": self.renamed,
        }


def from_json(kept: Mapping[str, object]) -> Position:
    """What `to_json` wrote."""
    numbers = {key: value for key in _NUMBERS if isinstance(value := kept.get(key, 0), int)}
    since = str(kept.get("since", ""))
    begun = datetime.fromisoformat(str(kept["begun"]))
    return Position(**numbers, begun=begun, since=datetime.fromisoformat(since) if since else None)


_NUMBERS = ("validity", "uid", "marked", "past", "until", "renamed")


def begin(
    kept: Position | None, folder: Selected, newest: int, history: timedelta | None, now: datetime
) -> Position:
    """Where to go on in a folder that was just opened.

    newest: the last UID given so far. A folder seen for the first time begins behind what is in
    it, with `history` of that to be imported. One that was numbered anew (UIDVALIDITY changed) is
    gone through from its beginning: what came before is recognised by its bytes.
    """
    if kept is None:
        first = Position(folder.validity, newest, now)
        if history is None or newest == 0:
            return first
        return replace(first, past=1, until=newest, since=now - history)
    if kept.validity == folder.validity:
        return kept
    anew = Position(folder.validity, 0, kept.begun, since=kept.since, renamed=newest)
    return replace(anew, past=1, until=newest) if kept.has_history else anew
