"""How the rules spell what they look for: lists of names, and phrases one of which must be met."""


def names(spaced: str) -> frozenset[str]:
    """The words of `spaced`, as a set."""
    return frozenset(spaced.split())


def any_of(lines: str) -> str:
    """A pattern for any of the phrases, each a pattern on a line of its own."""
    return "|".join(line.strip() for line in lines.strip().splitlines())
