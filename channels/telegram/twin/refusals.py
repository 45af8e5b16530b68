"""What a Bot API server says when it refuses: a code, a sentence, sometimes a number to act on."""


class Refused(Exception):
    """An answer `{"ok": false}`; `parameters` are `retry_after` or `migrate_to_chat_id`."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, object]:
        """As it goes over the wire."""
        said: dict[str, object] = {
            "ok": False,
            "error_code": self.code,
            "description": self.description,
        }
        return said | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(message: str) -> Refused:
    """400 with the server's prefix; codes such as MESSAGE_ID_INVALID keep their capitals."""
    code = message[1:2] == "_" or message[1:2].isupper()
    first = message[:1] if code else message[:1].lower()
    return Refused(400, f"Bad Request: {first}{message[1:]}")


def too_many(seconds: int) -> Refused:
    return Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=max(1, seconds))


def unauthorized() -> Refused:
    return Refused(401, "Unauthorized")


def conflict(message: str) -> Refused:
    return Refused(409, f"Conflict: {message}")
