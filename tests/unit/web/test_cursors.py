"""A cursor comes back as the place it was made of."""

from datetime import UTC, datetime
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as DriverUUID

from hub.web import cursors

MOMENT = datetime(2026, 5, 3, 9, 14, 0, 120000, tzinfo=UTC)


def test_a_place_with_an_id_as_the_driver_gives_it() -> None:
    row_id = DriverUUID("0197a3c0-0000-7000-8000-000000000001")
    cursor = cursors.encode(MOMENT, row_id)
    assert cursors.decode(cursor, cursors.moment, UUID) == (MOMENT, UUID(str(row_id)))
