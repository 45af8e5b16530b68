"""How a running cluster is reached, in the spellings its users need."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import URL


@dataclass(frozen=True, slots=True)
class ClusterAddress:
    """Where a PostgreSQL answers and as whom to sign in.

    `host` is the directory of the Unix socket (or a host name, for a server somebody else
    runs), `pid` the postmaster when the address was made: None where it is not ours.
    `bin_dir` holds psql, pg_dump and pg_restore of the server's version.
    """

    host: str
    user: str
    password: str = field(repr=False)
    database: str
    bin_dir: Path
    port: int = 5432
    pid: int | None = None

    @property
    def url(self) -> str:
        """SQLAlchemy's spelling, password included: not for logs."""
        return URL.create(
            "postgresql+asyncpg",
            username=self.user,
            password=self.password,
            database=self.database,
            query={"host": self.host, "port": str(self.port)},
        ).render_as_string(hide_password=False)

    @property
    def dsn(self) -> dict[str, Any]:
        """Keyword arguments for `asyncpg.connect`."""
        return {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "database": self.database,
        }
