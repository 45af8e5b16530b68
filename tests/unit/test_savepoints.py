"""What SQLAlchemy calls a nested transaction is not begun where it is written.

It is set when the session is next asked for something: what goes straight to the driver before
stays when the rest is undone. `hub.db.engine.savepoint` sets it at once.
"""

from pathlib import Path

import hub

HUB = Path(hub.__file__).parent
KNOWN = {
    "db/engine.py": "`savepoint` itself",
    "db/cluster/fitness.py": "of a bare connection, which begins it at once",
}


def test_savepoints_are_set_by_the_engines_own() -> None:
    by_hand = {
        str(one.relative_to(HUB)) for one in HUB.rglob("*.py") if "begin_nested" in one.read_text()
    }
    assert by_hand == KNOWN.keys()
