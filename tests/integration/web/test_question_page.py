"""The page behind the link of a question: looking changes nothing, the first answer counts."""

from sqlalchemy import text

from hub.rules.question_links import QuestionLinks
from tests.integration.reminders.desk import START, Desk
from tests.integration.rules.test_asking import ASK, DAY, facts
from tests.integration.web.conftest import World


async def test_a_link_leads_to_the_question(world: World) -> None:
    desk = Desk(world.database)
    ann = await desk.customer()
    await desk.rule(**ASK)
    await desk.push(ann, number="A-7", starts_at=START + 2 * DAY)
    await desk.read()
    await desk.work(after=DAY)
    world.clock.now = desk.now
    async with desk.database.reading() as session:
        question_id = await session.scalar(text("SELECT id FROM rule_questions"))
    assert question_id is not None
    path = QuestionLinks(world.services.keyring, "").url(question_id)
    browser = await world.client()
    page = await (await browser.get(path)).text()
    assert "Shampoo for A-7?" in page
    assert "Herbal" in page
    assert "<strong>Desk</strong>" in page
    forged = path.replace(question_id.hex[:8], "00000000")
    for answer in (await browser.get(forged), await browser.post(forged, data={"answer": "1"})):
        assert answer.status == 404
    for said in ("", "0", "11", "nonsense"):
        assert "No shampoo" in await (await browser.post(path, data={"answer": said})).text()
    for said in ("2", "1"):
        page = await (await browser.post(path, data={"answer": said})).text()
        assert "your answer is: <strong>No shampoo</strong>" in page
    await desk.work()
    assert (await facts(desk))[2][0] == ("ask", "none")
