"""Twins beside the demo: each on its page's port or another, and none that cannot be served."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from hub.demo import twins
from hub.settings import Settings


class Running:
    settings: Mapping[str, object] = {}

    def __init__(self, port: int) -> None:
        self.page = f"http://127.0.0.1:{port}/"

    async def connect(self, urls: Mapping[str, str]) -> None: ...

    async def play(self, act: Mapping[str, object]) -> None: ...


class Twin:
    """Refuses the ports in `taken`."""

    def __init__(self, name: str, *taken: int) -> None:
        self.name = name
        self._taken = taken
        self.told: list[str] = []

    @asynccontextmanager
    async def serve(self, host: str, port: int, data_dir: Path) -> AsyncIterator[Running]:
        assert (host, data_dir.name) == ("127.0.0.1", self.name)
        if port in self._taken:
            raise OSError(f"{port} is taken")
        self.told.append("served")
        yield Running(port)
        self.told.append("left")


async def test_each_is_served_where_it_can_be_until_the_end(tmp_path: Path):
    settings = Settings(port=8080, data_dir=tmp_path)
    fine, moved, never = Twin("telegram"), Twin("email", 8082), Twin("sms", 8084, 0)
    async with AsyncExitStack() as stack:
        found = {"sms": never, "telegram": fine, "email": moved, "fax": Twin("fax")}
        running = await twins.serve_twins(stack, settings, found)
        assert {name: one.page for name, one in running.items()} == {
            "email": "http://127.0.0.1:0/",
            "telegram": "http://127.0.0.1:8083/",
            "fax": "http://127.0.0.1:0/",
        }
        assert list(running) == ["email", "telegram", "fax"]
        assert fine.told == ["served"]
    assert fine.told == moved.told == ["served", "left"]
    assert never.told == []


def test_the_hub_of_the_demo_may_reach_this_machine(tmp_path: Path):
    settings = Settings(data_dir=tmp_path)
    allowed = twins.reaching_twins(settings).allow_hosts
    assert [str(one) for one in allowed] == ["127.0.0.0/8", "::1/128"]
