"""Where inputs are kept: those a target began with, what was new to it, what once broke it."""

from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).with_name("inputs")
LARGEST = 2048
"""Bytes of an input that a search found; larger ones say nothing that a small one does not."""


def inputs(target: str) -> dict[str, bytes]:
    """By name, in order of it."""
    return {path.name: path.read_bytes() for path in sorted((FOLDER / target).iterdir())}


def keep(target: str, kind: str, data: bytes) -> Path:
    """Write an input beside the others; `kind` is how its name begins: seed, new, broke."""
    path = FOLDER / target / f"{kind}-{sha256(data).hexdigest()[:12]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
