"""Which schemes of addresses the hub can write to: those of the inboxes that are set up right."""

from hub.db.engine import Database
from hub.db.rows import Query, lent
from hub.inboxes.registry import Registry

# One that is down for a while is tried again, and what waits for it is sent then.
_CHANNELS = Query("""
    SELECT DISTINCT channel FROM inboxes WHERE enabled AND state <> 'misconfigured'
""")


async def carried(database: Database, registry: Registry, scheme: str) -> bool:
    """Whether an enabled inbox that is set up right speaks `scheme`."""
    async with lent(database) as connection:
        found = await _CHANNELS.rows(connection, {})
    return any(
        can is not None and scheme in can.address_schemes
        for can in (registry.capabilities(row["channel"]) for row in found)
    )
