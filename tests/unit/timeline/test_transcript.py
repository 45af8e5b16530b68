"""What of an entry goes to the customer: people are named, rules and tokens are not."""

import pytest

from hub.timeline.transcript import to_transcript

ENTRY = {
    "id": "01a204ec-ebf2-7c90-ab5a-248395e85f30",
    "position": 7,
    "direction": "outbound",
    "text": "Your order is on its way.",
    "html": "",
    "files": [],
    "data": {},
    "external_id": "",
    "status": "sent",
    "deleted": False,
    "occurred_at": "2026-11-22T20:31:00.000000Z",
    "recorded_at": "2026-11-22T20:31:00.000000Z",
}


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        ("operator", "Olga", "Olga"),
        ("customer", "Ivan", "Ivan"),
        ("rule", "Nag those who pay late", ""),
        ("integration", "erp-import-2", ""),
        ("system", "", ""),
    ],
)
def test_the_name_a_customer_reads_beside_a_message(kind: str, name: str, told: str) -> None:
    entry = ENTRY | {"author": {"kind": kind, "id": None, "name": name}}
    assert to_transcript(entry, ()).author_name == told
