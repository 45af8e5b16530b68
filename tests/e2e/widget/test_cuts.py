"""The line breaks 200 times, and no message is lost, doubled or out of order, on either side.

Turns red when the outbox forgets a message before its answer (`Outbox.#attempt`), sends a second
one before the first is accepted, or takes a new client_id for a repeat; and when the history is
not asked for anew after a lost socket (`Chat.#ready`).
"""

import asyncio

import pytest
from playwright.async_api import expect

from tests.e2e.widget.conftest import Company, OpenShop, People, Visitor
from tests.e2e.widget.cut_line import Line, cut_line
from tests.installation import Hub

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.browser,
    pytest.mark.timeout(240),
]

CUTS = 200
SEED = 3
VISITORS = 2
CHANCE = 0.5
LAST_WORD = 90


async def ask(visitors: list[Visitor], turn: int) -> None:
    if turn < LAST_WORD and turn % 3 == 0:
        for visitor in visitors:
            await visitor.writes(f"question {turn}")
    if turn % 4 == 0:
        # As if the network were back: do not wait for the next try.
        for visitor in visitors:
            await visitor.page.evaluate("dispatchEvent(new Event('online'))")


async def write_and_cut(visitors: list[Visitor], line: Line, company: Company) -> list[str]:
    """Both sides write while the line breaks; what the company said, which is to all the same."""
    answers: list[str] = []
    customers = [one["id"] for one in await company.customers()]
    for turn in range(LAST_WORD + 300):
        if line.cuts >= CUTS and turn >= LAST_WORD:
            break
        await ask(visitors, turn)
        if turn < LAST_WORD and turn % 10 == 5:
            answers.append(f"answer {turn}")
            for customer in customers:
                await company.answers(answers[-1], customer, force=True)
        await asyncio.sleep(0.1)
    return answers


async def test_200_cuts_lose_double_and_reorder_nothing(
    hub: Hub, open_shop: OpenShop, person: People, company: Company
):
    async with cut_line(hub.url, SEED) as line:
        settings = {"messages_per_minute": 0, "address_messages_per_minute": 0}
        shop = await open_shop(way=line.url, **settings)
        visitors = []
        for number in range(VISITORS):
            visitor = await Visitor.at(await person(), shop.url)
            await visitor.opens()
            await visitor.writes(f"I am {number}")
            await visitor.sees(f"I am {number}", mark="Sent")
            visitors.append(visitor)
        line.chance = CHANCE
        answers = await write_and_cut(visitors, line, company)
        line.chance = 0.0
        assert line.cuts >= CUTS
        written = [f"question {turn}" for turn in range(0, LAST_WORD, 3)]
        for visitor in visitors:
            await visitor.page.evaluate("dispatchEvent(new Event('online'))")
            await visitor.sees(written[-1], mark="Sent", within=60)
            await expect(visitor.bubble(answers[-1])).to_have_count(1, timeout=60_000)
        for customer in await company.customers():
            hello, *said = await company.said(customer["id"])
            assert said == written, hello
        for visitor in visitors:
            _, *shown = await visitor.texts()
            assert [one for one in shown if one.startswith("question")] == written
            assert [one for one in shown if one.startswith("answer")] == answers
            assert visitor.faults == []
