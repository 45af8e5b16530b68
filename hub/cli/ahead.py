"""Starts the database while the hub is being imported, which takes about as long."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from hub.db.cluster import Tenancy, TenancyAhead
from hub.settings import Settings

log = structlog.get_logger(__name__)


@contextmanager
def starting_ahead(settings: Settings) -> Iterator[Tenancy | None]:
    """The tenancy of the embedded database, on its way; None with a database of one's own.

    How that ends is told to who enters it (`hub.node.process.run`).
    """
    if settings.database_url:
        yield None
        return
    tenancy = TenancyAhead(settings.data_path, log)
    try:
        yield tenancy
    finally:
        tenancy.leave()
