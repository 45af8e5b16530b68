"""What is written while the server is away arrives when it is back."""

import pytest

from tests.e2e.widget.conftest import Company, People, Shop, Visitor
from tests.installation import Hub, serving

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.browser,
    pytest.mark.timeout(180),
]


async def test_after_the_server_restarted(shop: Shop, person: People, hub: Hub, company: Company):
    visitor = await Visitor.at(await person(), shop.url)
    await visitor.opens()
    await visitor.writes("Before")
    await visitor.sees("Before", mark="Sent")
    await hub.stop()
    await visitor.writes("During")
    await visitor.sees("During", mark="Sending")
    port = hub.url.rsplit(":", 1)[1]
    async with serving({**hub.environment, "HUB_PORT": port}, hub.log):
        await visitor.sees("During", mark="Sent", within=40)
        await company.answers("Back again")
        await visitor.sees("Back again", within=40)
        assert await visitor.texts() == ["Before", "During", "Back again"]
