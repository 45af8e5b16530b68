"""Commands on a database of the test's own, or on a data directory with its own PostgreSQL."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.process import Environment


@pytest.fixture
def env(database_url: str, tmp_path: Path) -> Environment:
    """An external database, migrated and empty."""
    return {"HUB_DATABASE_URL": database_url, "HUB_DATA_DIR": str(tmp_path)}


@pytest.fixture
def embedded() -> Iterator[Environment]:
    """A data directory that is not there yet, where PostgreSQL's user can enter."""
    with tempfile.TemporaryDirectory(prefix="besedka-cli-") as folder:
        Path(folder).chmod(0o711)
        yield {"HUB_DATA_DIR": f"{folder}/data"}
