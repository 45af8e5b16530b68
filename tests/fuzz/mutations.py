"""Spoils kept inputs: the same way each time for the same seed, without looking at the code."""

import random
from collections.abc import Iterator, Sequence

ODD = (
    b"", b"\0", b"\xff", b"\r\n", b"\n", b" ", b"\t", b'"', b"'", b"{", b"}", b"[", b"]", b":",
    b";", b",", b"=", b"--b", b"--b--", b"%00", b"\\u0000", b"\xd0\x90", b"\xed\xa0\x80", b"-1",
    b"1e999", b"9" * 40, b"+", b"@", b"null", b"\xe2\x80\xae", b"\xf0\x9f\x98\x80", b"\xc2\xa0",
)  # fmt: skip
LONGEST = 20_000


def spoilt(kept: Sequence[bytes], seed: int, count: int) -> Iterator[bytes]:
    """`count` inputs, each one that is kept with a few places changed."""
    dice = random.Random(seed)
    for _ in range(count):
        data = bytearray(dice.choice(kept))
        for _ in range(dice.randint(1, 6)):
            _spoil(data, kept, dice)
        yield bytes(data[:LONGEST])


def _spoil(data: bytearray, kept: Sequence[bytes], dice: random.Random) -> None:
    at, length = dice.randrange(len(data) + 1), dice.randrange(24)
    match dice.randrange(6):
        case 0:
            del data[at : at + length]
        case 1:
            data[at:at] = dice.choice(ODD)
        case 2:
            data[at:at] = bytes(data[at : at + length]) * dice.randint(1, 60)
        case 3:
            data[at : at + 1] = bytes([dice.randrange(256)])
        case 4:
            other = dice.choice(kept)
            data[at:] = other[dice.randrange(len(other) + 1) :]
        case _:
            data[at : at + length] = dice.choice(ODD) * dice.randint(1, 400)
