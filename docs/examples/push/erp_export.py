"""Pushes appointments that an ERP of 1C's kind exports as CSV; only what has changed since.

Columns: id;phone;name;starts_at;ends_at;place;status;changed_at (times with their zone).
Run from cron: HUB=https://hub.example TOKEN=... python erp_export.py export.csv
"""

import csv
import json
import os
import sys
from datetime import datetime
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

STATUSES = {
    "Записан": "booked",
    "Подтвержден": "confirmed",
    "Отменен": "cancelled",
    "Не пришел": "missed",
    "Проведен": "completed",
}
"""The hub's by the ERP's; what is not here is passed on as it is: small Latin letters, digits."""


def to_appointment(row: dict) -> dict:
    """A row as the hub takes it, without what is empty. The second of its last change is its
    version. A phone has its country code."""
    said = {
        "starts_at": row["starts_at"],
        "ends_at": row["ends_at"],
        "place": row["place"],
        "status": STATUSES.get(row["status"], row["status"]),
    }
    return {
        "customer": {"contact_point": f"tel:{row['phone']}", "name": row["name"]},
        "version": int(datetime.fromisoformat(row["changed_at"]).timestamp()),
        **{name: value for name, value in said.items() if value},
    }


def changed(rows: list[dict], pushed: dict[str, str]) -> list[dict]:
    """Those that differ from what was pushed before."""
    return [one for one in rows if pushed.get(one["id"]) != one["changed_at"]]


def push(hub: str, token: str, external_id: str, appointment: dict) -> dict:
    request = Request(
        f"{hub}/api/v1/appointments/{quote(external_id, safe='')}",
        data=json.dumps(appointment).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        method="PUT",
    )
    with urlopen(request, timeout=30) as answer:
        return json.load(answer)


def main(export: Path, hub: str, token: str) -> tuple[int, int]:
    """How many were pushed, how many the hub refused: those are tried again the next time."""
    memory = export.with_suffix(".pushed.json")
    pushed = json.loads(memory.read_text()) if memory.exists() else {}
    with export.open(encoding="utf-8-sig", newline="") as file:
        due = changed(list(csv.DictReader(file, delimiter=";")), pushed)
    refused = 0
    for row in due:
        try:
            push(hub, token, row["id"], to_appointment(row))
        except (HTTPError, ValueError) as error:
            # One bad row holds up no other.
            said = error.read().decode() if isinstance(error, HTTPError) else error
            print(f"{row['id']}: {said}", file=sys.stderr)
            refused += 1
            continue
        pushed[row["id"]] = row["changed_at"]
        memory.write_text(json.dumps(pushed))
    return len(due) - refused, refused


if __name__ == "__main__":
    done, refused = main(Path(sys.argv[1]), os.environ["HUB"], os.environ["TOKEN"])
    print(done, "pushed,", refused, "refused")
    sys.exit(1 if refused else 0)
