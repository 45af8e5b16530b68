"""A visitor leaves an address and goes: the answer finds him by mail, and his by mail the chat."""

from sqlalchemy import text

from hub.db.base import Json
from hub.db.engine import Database
from tests.installation import opened
from tests.integration.email.test_hub import Api
from tests.integration.email.test_replies import Desk, desk
from tests.nodes import eventually

__all__ = ["desk"]

# Ten minutes pass, of what was sent and of what waits for them.
_LATER = (
    "UPDATE deliveries SET sent_at = sent_at - interval '11 minutes'",
    "UPDATE entries SET recorded_at = recorded_at - interval '11 minutes'",
    """UPDATE due SET due_at = due_at - interval '11 minutes',
                      ready_at = ready_at - interval '11 minutes' WHERE kind = 'chat.mail'""",
)


async def _chat(calls: Api) -> str:
    """The address of a web chat that is closed today."""
    settings = {"away_text": "Closed."}
    made = await calls.post(
        "/inboxes", {"channel": "webchat", "name": "Shop", "settings": settings}
    )
    never = {"name": "Never", "time_zone": "UTC", "inboxes": [made["id"]]}
    await calls.post("/business-hours", never)
    await opened(f"{calls.url}/chat/{made['id']}/")
    return f"/chat/{made['id']}"


async def _messages(calls: Api, customer: str) -> list[Json]:
    page = await calls.get(f"/customers/{customer}/timeline", limit="100")
    return [one for one in page["items"] if one["kind"] == "message"]


async def test_what_the_away_card_promises_is_kept(desk: Desk, database: Database) -> None:
    calls = desk.calls
    chat = await _chat(calls)
    told = await calls.of_chat("GET", f"{chat}/config")
    assert told["away"]["mail"] is True, "there is a mail inbox to keep the promise"
    visit = await calls.of_chat("POST", f"{chat}/visits", json={})
    token = {"Authorization": f"Bearer {visit['token']}"}
    body = {"client_id": "1", "text": "Do you ship to Varna?", "files": []}
    await calls.of_chat("POST", f"{chat}/messages", json=body, headers=token)
    await calls.of_chat("PATCH", f"{chat}/visits", json={"email": desk.customer}, headers=token)
    found = await calls.get("/customers", contact_point=visit["contact_point"])
    customer = found["items"][0]["id"]
    (asked,) = await _messages(calls, customer)
    await calls.post(f"/customers/{customer}/messages", {"text": "We do, on Mondays."})

    async def goes() -> bool:
        # The answer is in the chat, and nobody there has read it.
        return {one["status"] for one in await _messages(calls, customer)} >= {"sent"}

    await eventually(goes, within=30)
    async with database.transaction() as session:
        for statement in _LATER:
            await session.execute(text(statement))
    (letter,) = await desk.mails(desk.customer, 1)
    assert "We do, on Mondays." in letter.text
    await desk.writes("Re: Shop", "Then two, please.\r\n", to=letter.reply_to[0].address)

    async def joined() -> bool:
        return any(one["text"] == "Then two, please." for one in await _messages(calls, customer))

    await eventually(joined, within=30)
    entries = await _messages(calls, customer)
    assert {one["conversation_id"] for one in entries} == {asked["conversation_id"]}
