"""While a crowd of reminders is due, what machines wrote lets it go first; people do not wait."""

from datetime import timedelta

import pytest

from hub.db.crowd import ASIDE
from hub.db.engine import Database
from tests.integration.deliveries.scene import Channel, Scene, Turned

BY_ITSELF = {"text": "hello", "automatic": True}


@pytest.fixture
def crowded(database: Database) -> None:
    """Others have the next ten seconds of those who stand aside."""
    database.crowd.noticed()
    database.crowd.aside(10 * ASIDE)


async def ready_in(scene: Scene, clock: Turned) -> float:
    moment = await scene.next_ready()
    assert moment is not None
    return (moment - clock()).total_seconds()


@pytest.mark.usefixtures("crowded")
async def test_an_automatic_message_stands_aside(scene: Scene, clock: Turned):
    inbox, anna = await scene.inbox(Channel()), await scene.contact("anna")
    await scene.deliver(anna, inbox, "hello", content=BY_ITSELF)
    assert 5 < await ready_in(scene, clock) <= 10


@pytest.mark.usefixtures("crowded")
async def test_an_operators_answer_takes_it_along_at_once(scene: Scene, clock: Turned):
    channel = Channel()
    inbox, anna = await scene.inbox(channel), await scene.contact("anna")
    await scene.deliver(anna, inbox, "hello", content=BY_ITSELF)
    await scene.deliver(anna, inbox, "yes, come")
    assert await ready_in(scene, clock) == 0
    await scene.pump(scene.outbox())
    assert channel.texts == ["hello", "yes, come"]


@pytest.mark.usefixtures("crowded")
@pytest.mark.parametrize(
    "changes",
    [{"deadline": timedelta(minutes=5)}, {"turns": 2}],
    ids=["soon worth nothing", "another way waits for it"],
)
async def test_what_would_be_the_worse_for_it_does_not(
    scene: Scene, clock: Turned, changes: dict[str, object]
):
    inbox, anna = await scene.inbox(Channel()), await scene.contact("anna")
    given = {
        name: clock() + one if isinstance(one, timedelta) else one for name, one in changes.items()
    }
    await scene.deliver(anna, inbox, "hello", content=BY_ITSELF, **given)
    assert await ready_in(scene, clock) == 0


async def test_without_a_crowd_it_goes_at_once(scene: Scene, clock: Turned):
    inbox, anna = await scene.inbox(Channel()), await scene.contact("anna")
    await scene.deliver(anna, inbox, "hello", content=BY_ITSELF)
    assert await ready_in(scene, clock) == 0
