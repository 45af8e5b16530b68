"""How an IMAP command is refused."""


class Refused(Exception):
    """A tagged NO, or the BAD that a fault asked for; `str(error)` is the whole answer."""
