"""How the name of a folder is spelled on the wire (RFC 3501 5.1.3: modified UTF-7)."""

import base64
import itertools


def encoded(name: str) -> str:
    """`Поддержка` as `&BB8EPgQ0BDQENQRABDYEOgQw-`; plain names stay as they are."""
    pieces = []
    for plain, run in itertools.groupby(name, lambda one: " " <= one <= "~"):
        text = "".join(run)
        if plain:
            pieces.append(text.replace("&", "&-"))
        else:
            packed = base64.b64encode(text.encode("utf-16-be")).decode().rstrip("=")
            pieces.append(f"&{packed.replace('/', ',')}-")
    return "".join(pieces)


def quoted(name: str) -> str:
    """The name as an argument of a command."""
    escaped = encoded(name).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
