"""What can go wrong with a mailbox server, in our words instead of the library's."""


class ImapError(Exception):
    """Something the server said or did; `answer` is its own line, never what we sent."""

    def __init__(self, what: str, answer: str = "") -> None:
        super().__init__(what)
        self.answer = answer


class ConnectionLost(ImapError):
    """The connection ended while it was needed."""


class NoAnswer(ImapError):
    """The server was silent for too long."""


class SignInRefused(ImapError):
    """The server does not accept the user name and password, or the token."""


class NoSuchFolder(ImapError):
    """The folder cannot be opened."""

    def __init__(self, folder: str, answer: str) -> None:
        super().__init__(f"The folder {folder} cannot be opened.", answer)
        self.folder = folder


class Refused(ImapError):
    """The server says NO or BAD to anything else."""


class NotEncrypted(ImapError):
    """STARTTLS is asked for and the server does not offer it."""
