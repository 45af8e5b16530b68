"""What survives a restart: every change as one line of a file, read again from the top.

Written at once and handed to the system, so that a killed process loses nothing it had answered.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

Entry = tuple[str, str, object]
"""Kind, key, value; None as value says that it is gone."""


class Journal:
    """The last line under a kind and key counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def entries(self) -> Iterator[Entry]:
        """What was written before. A last line that was cut off is passed over."""
        if not self._path.exists():
            return
        with self._path.open(encoding="utf-8") as lines:
            for line in lines:
                try:
                    kind, key, value = json.loads(line)
                except ValueError:
                    continue
                yield kind, key, value

    def begin(self, entries: Iterable[Entry]) -> None:
        """Start anew with what is known now, without what was overwritten since."""
        fresh = self._path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            file.writelines(_line(entry) for entry in entries)
        fresh.replace(self._path)
        self._file = self._path.open("a", encoding="utf-8")

    def write(self, kind: str, key: str, value: object) -> None:
        if self._file is not None:
            self._file.write(_line((kind, key, value)))
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _line(entry: Entry) -> str:
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n"
