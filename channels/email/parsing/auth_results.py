"""Authentication-Results (RFC 8601 2.2) as words: nothing inside quotes or comments is a check.

A server repeats what a stranger told it: the sender of the envelope, quoted, may be
`"x; dmarc=pass header.from=bank.example"@evil.example`.
"""

LONGEST = 20_000
"""Characters that are read; what is cut off proves nothing."""


def statements(field: str) -> list[list[str]]:
    """What stands between the semicolons, each as words; `a = "b c"` is the one word `a=b c`."""
    reading = _Reading()
    for char in field[:LONGEST]:
        reading.take(char)
    reading.end_statement()
    return reading.statements


class _Reading:
    def __init__(self) -> None:
        self.statements: list[list[str]] = []
        self._words: list[str] = []
        self._word = ""
        self._depth = 0
        self._quoted = self._escaped = self._glued = False

    def take(self, char: str) -> None:
        if self._escaped:
            self._escaped = False
            self._keep(char)
        elif char == "\\" and (self._depth or self._quoted):
            self._escaped = True
        elif self._depth:
            self._depth += (char == "(") - (char == ")")
        elif self._quoted:
            self._in_quotes(char)
        else:
            self._outside(char)

    def end_statement(self) -> None:
        self._glued = False
        self._end_word()
        self.statements.append(self._words)
        self._words = []

    def _keep(self, char: str) -> None:
        if not self._depth:
            self._word += char
            self._glued = False

    def _in_quotes(self, char: str) -> None:
        if char == '"':
            self._quoted = False
        else:
            self._keep(char)

    def _outside(self, char: str) -> None:
        match char:
            case "(":
                self._depth = 1
            case '"':
                self._quoted = True
            case ";":
                self.end_statement()
            case "=":
                if not self._word and self._words:
                    self._word = self._words.pop()
                self._word += "="
                self._glued = True
            case _ if char.isspace():
                self._end_word()
            case _:
                self._keep(char)

    def _end_word(self) -> None:
        # Blanks around `=` part nothing.
        if self._word and not self._glued:
            self._words.append(self._word)
            self._word = ""
