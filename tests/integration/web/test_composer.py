"""What the composer asks of the API: routes, drafts, saved replies, holding and taking back."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from hub.clock import rfc3339
from hub.operators.access import Role, Scope
from tests.integration.web.conftest import Client, World
from tests.integration.web.shop import API, Shop, build, json
from tests.integration.web.test_teams import listening, running


@pytest.fixture
async def shop(world: World) -> Shop:
    return await build(world)


def draft_of(shop: Shop) -> str:
    return f"{API}/drafts/{shop.public.conversation}"


async def delivery_status(world: World, message_id: str) -> set[str]:
    async with world.database.reading() as session:
        rows = await session.execute(
            text("SELECT status FROM deliveries WHERE entry_id = :id"), {"id": message_id}
        )
        return set(rows.scalars())


async def conversation(client: Client, shop: Shop):
    return await json(await client.get(f"{API}/conversations/{shop.public.conversation}"))


# --- routes


async def test_the_dry_run_says_what_sending_then_does(shop: Shop):
    people = f"{API}/customers/{shop.customer}"
    asked = {"conversation_id": shop.secret.conversation}
    answer = await json(await shop.member.get(f"{people}/routes", params=asked))
    chosen = [one for one in answer["candidates"] if one["chosen"]]
    assert [(one["inbox"]["id"], one["reason"]) for one in chosen] == [
        (str(shop.secret.inbox), "conversation")
    ]
    assert chosen[0]["capabilities"]["max_text_length"] > 0
    sent = await json(await shop.member.post(f"{people}/messages", json={"text": "Here", **asked}))
    assert [one["inbox_id"] for one in sent["deliveries"]] == [chosen[0]["inbox"]["id"]]
    assert sent["deliveries"][0]["contact_point"]["id"] == chosen[0]["contact_point"]["id"]


async def test_the_dry_run_says_when_it_would_leave(world: World, shop: Shop):
    people = f"{API}/customers/{shop.customer}/routes"
    at = world.clock() + timedelta(hours=1)
    asked = {"send_at": rfc3339(at), "fallback": ["sms:10m"]}
    answer = await json(await shop.boss.get(people, params=asked))
    assert (answer["outcome"], answer["reason"]) == ("waiting", "scheduled")
    assert [one["after"] for one in answer["ways"]] == [0]
    assert datetime.fromisoformat(answer["ways"][0]["at"]) == at
    refused = await shop.boss.get(people, params={"fallback": ["webchat"]})
    assert refused.status == 422


@pytest.mark.parametrize("word", ["promo", "Marketing", "all", "chat-mail", ""])
async def test_a_message_is_for_one_of_five_purposes(shop: Shop, word: str):
    """What is misspelled must not leave as `service`, for which nobody has to be asked."""
    people = f"{API}/customers/{shop.customer}"
    sent = await shop.boss.post(f"{people}/messages", json={"text": "Sale", "purpose": word})
    asked = await shop.boss.get(f"{people}/routes", params={"purpose": word})
    for answer in (sent, asked):
        assert answer.status == 422
        [fault] = (await answer.json())["errors"]
        assert fault["field"] == "purpose"
        for one in ("service", "notice", "reminder", "marketing", "survey"):
            assert f"'{one}'" in fault["message"]


async def test_a_notice_answers_nothing(world: World, shop: Shop):
    program = await world.as_token(Scope.MESSAGES_WRITE)
    people = f"{API}/customers/{shop.customer}/messages"
    answer = {
        "text": "Hello",
        "in_reply_to_position": shop.public.position,
        "conversation_id": str(shop.public.conversation),
    }
    told = {"text": "It is on its way", "conversation_id": answer["conversation_id"]}
    await json(await program.post(people, json=told | {"purpose": "notice"}))
    await json(await shop.boss.post(people, json=answer))
    await json(await program.post(people, json=told))
    late = await shop.boss.post(people, json=answer)
    assert (late.status, (await late.json())["code"]) == (409, "answered-meanwhile")


async def test_the_dry_run_names_every_obstacle_and_keeps_nothing(world: World, shop: Shop):
    async with world.database.transaction() as session:
        await session.execute(text("UPDATE contact_points SET opted_out_at = now()"))
        before = await session.scalar(text("SELECT count(*) FROM decisions"))
    people = f"{API}/customers/{shop.customer}/routes"
    (first, _) = (await json(await shop.boss.get(people)))["candidates"]
    assert (first["possible"], first["reason"], first["chosen"]) == (False, "opted-out", False)
    forced = (await json(await shop.boss.get(f"{people}?force=true")))["candidates"][0]
    assert (forced["possible"], forced["overridden"]) == (True, ["opted-out"])
    async with world.database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM decisions")) == before


async def test_the_dry_run_shows_no_hidden_inbox(shop: Shop):
    people = f"{API}/customers/{shop.customer}/routes"
    seen = await json(await shop.outsider.get(people))
    assert {one["inbox"]["id"] for one in seen["candidates"]} == {str(shop.public.inbox)}
    hidden = await shop.outsider.get(f"{people}?conversation_id={shop.secret.conversation}")
    assert hidden.status == 404


# --- drafts


async def test_a_draft_follows_its_operator_and_nobody_else(shop: Shop):
    assert (await json(await shop.member.get(draft_of(shop))))["revision"] == 0
    letter = {"html": "<b>Dear</b> Irina", "cc": ["a@example.com"], "bcc": [], "quote": True}
    written = {"text": "Dear Irina", "note": True, "subject": "Hello", "files": [shop.public.file]}
    written |= letter
    kept = await json(await shop.member.put(draft_of(shop), json=written))
    found = await json(await shop.member.get(draft_of(shop)))
    assert found == kept
    assert (found["text"], found["note"], found["subject"]) == ("Dear Irina", True, "Hello")
    assert {name: found[name] for name in letter} == letter
    assert [one["id"] for one in found["files"]] == [shop.public.file]
    assert (await json(await shop.boss.get(draft_of(shop))))["text"] == ""


async def test_an_old_screen_does_not_overwrite_a_newer_draft(shop: Shop):
    first = await json(await shop.member.put(draft_of(shop), json={"text": "a"}))
    second = {"text": "b", "base": first["revision"]}
    newer = await json(await shop.member.put(draft_of(shop), json=second))
    assert newer["revision"] > first["revision"]
    for base in [first["revision"], 0]:
        refused = await shop.member.put(draft_of(shop), json={"text": "c", "base": base})
        problem = await refused.json()
        assert (refused.status, problem["code"]) == (409, "draft-changed")
        assert problem["draft"]["text"] == "b"
    assert (await json(await shop.member.get(draft_of(shop))))["text"] == "b"


async def test_what_was_said_is_no_draft_any_more(shop: Shop):
    people = f"{API}/customers/{shop.customer}"
    here = {"text": "Said", "conversation_id": shop.public.conversation}
    for kind in ["messages", "notes"]:
        await json(await shop.member.put(draft_of(shop), json={"text": "Sai"}))
        await json(await shop.boss.put(draft_of(shop), json={"text": "Other"}))
        await json(await shop.member.post(f"{people}/{kind}", json=here))
        assert (await json(await shop.member.get(draft_of(shop))))["revision"] == 0
        assert (await json(await shop.boss.get(draft_of(shop))))["text"] == "Other"
    await json(await shop.member.put(draft_of(shop), json={"text": "Again"}))
    refused = await shop.member.post(
        f"{people}/messages", json={**here, "in_reply_to_position": 0}
    )
    assert refused.status == 409
    assert (await json(await shop.member.get(draft_of(shop))))["text"] == "Again"
    assert (await shop.member.delete(draft_of(shop))).status == 204
    assert (await json(await shop.member.get(draft_of(shop))))["revision"] == 0


async def test_a_draft_in_a_hidden_conversation_is_not_there(shop: Shop):
    secret = f"{API}/drafts/{shop.secret.conversation}"
    assert (await shop.outsider.get(secret)).status == 404
    assert (await shop.outsider.put(secret, json={"text": "a"})).status == 404
    assert (await shop.outsider.delete(secret)).status == 404
    stolen = {"text": "a", "files": [shop.secret.file]}
    assert (await shop.outsider.put(draft_of(shop), json=stolen)).status == 404


async def test_only_the_operators_own_screens_hear_of_a_draft(world: World, shop: Shop):
    async with (
        running(world),
        listening(world, shop.member) as own,
        listening(world, shop.outsider) as other,
    ):
        kept = await json(await shop.member.put(draft_of(shop), json={"text": "Dear"}))
        frame = await own.receive_json(timeout=10)
        assert (frame["type"], frame["conversation_id"]) == (
            "draft.updated",
            shop.public.conversation,
        )
        assert frame["data"]["revision"] == kept["revision"]
        assert "seq" not in frame
        note = {"text": "After", "conversation_id": shop.public.conversation}
        await json(await shop.boss.post(f"{API}/customers/{shop.customer}/notes", json=note))
        heard = []
        while "note.created" not in heard:
            heard.append((await other.receive_json(timeout=10))["type"])
        assert "draft.updated" not in heard


# --- saved replies


async def test_saved_replies_are_filled_in_for_a_customer(shop: Shop):
    words = "Dear {{ customer.name }}, {{ operator.name }} is here."
    made = await json(
        await shop.boss.post(
            f"{API}/saved-replies", json={"name": "Greeting", "shortcut": "hi", "text": words}
        )
    )
    broken = {"name": "Broken", "text": "{{ customer.attributes.shoe_size }}", "mine": True}
    await json(await shop.member.post(f"{API}/saved-replies", json=broken))
    asked = f"{API}/saved-replies?customer={shop.customer}"
    bad, good = (await json(await shop.member.get(asked)))["items"]
    assert good["rendered"] == "Dear Ирина, Member is here."
    assert (bad["rendered"], "shoe_size" in bad["fault"]) == (None, True)
    found = await json(await shop.member.get(f"{API}/saved-replies?q=HI"))
    assert [one["id"] for one in found["items"]] == [made["id"]]
    assert found["items"][0]["rendered"] is None


async def test_who_may_see_and_change_a_saved_reply(world: World, shop: Shop):
    supervisor = await world.as_role(Role.SUPERVISOR)
    address = f"{API}/saved-replies"
    shared = {"name": "All", "text": "Hello"}
    assert (await shop.member.post(address, json=shared)).status == 403
    everybodys = await json(await supervisor.post(address, json=shared))
    teams = await json(
        await supervisor.post(address, json={**shared, "name": "Team", "team": str(shop.team)})
    )
    own = await json(await shop.member.post(address, json={**shared, "name": "Own", "mine": True}))
    names = {
        who: [one["name"] for one in (await json(await client.get(address)))["items"]]
        for who, client in {
            "member": shop.member,
            "outsider": shop.outsider,
            "supervisor": supervisor,
            "program": await world.as_token(Scope.MESSAGES_READ),
        }.items()
    }
    assert names == {
        "member": ["All", "Own", "Team"],
        "outsider": ["All"],
        "supervisor": ["All", "Team"],
        "program": ["All", "Team"],
    }
    change = {"text": "Changed"}
    for one in [everybodys, teams]:
        assert (await shop.member.patch(f"{address}/{one['id']}", json=change)).status == 403
        assert (await shop.member.delete(f"{address}/{one['id']}")).status == 403
        changed = await json(await supervisor.patch(f"{address}/{one['id']}", json=change))
        assert changed["text"] == "Changed"
    for client in [shop.outsider, shop.boss]:
        assert (await client.patch(f"{address}/{own['id']}", json=change)).status == 404
        assert (await client.delete(f"{address}/{own['id']}")).status == 404
    assert (await shop.member.delete(f"{address}/{own['id']}")).status == 204


async def test_a_faulty_saved_reply_is_refused_by_its_field(shop: Shop):
    faults = [
        ({"name": "A", "text": "{{ customer.name"}, "text"),
        ({"name": "A", "text": "{% set a = 1 %}"}, "text"),
        ({"name": "A", "text": "Hi", "team": shop.customer}, "team"),
        ({"name": "A", "text": "Hi", "team": str(shop.team), "mine": True}, "team"),
    ]
    for body, field in faults:
        answer = await shop.boss.post(f"{API}/saved-replies", json=body)
        problem = await answer.json()
        assert (answer.status, [one["field"] for one in problem["errors"]]) == (422, [field])


async def test_saved_replies_come_in_pages_by_name(shop: Shop):
    for name in ["b", "A", "c", "B"]:
        await json(await shop.boss.post(f"{API}/saved-replies", json={"name": name, "text": "x"}))
    names: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        found = await json(
            await shop.boss.get(f"{API}/saved-replies", params={"limit": "1", "cursor": cursor})
        )
        names += [one["name"] for one in found["items"]]
        cursor = found["next"]
    assert [name.lower() for name in names] == ["a", "b", "b", "c"]


# --- holding, taking back


async def hold(shop: Shop, **fields: object):
    return await json(
        await shop.member.post(
            f"{API}/customers/{shop.customer}/messages",
            json={"text": "Bye", "conversation_id": shop.public.conversation, **fields},
        )
    )


async def test_a_held_message_is_taken_back_with_what_was_written(world: World, shop: Shop):
    sent = await hold(shop, hold=5, files=[shop.public.file], status="closed")
    message = sent["message"]
    assert message["status"] == "scheduled"
    assert message["data"]["send_at"] == rfc3339(world.clock() + timedelta(seconds=5))
    assert (await conversation(shop.member, shop))["status"] == "closed"
    back = await json(await shop.member.delete(f"{API}/messages/{message['id']}"))
    assert (back["text"], back["status"]) == ("Bye", "cancelled")
    assert [one["id"] for one in back["files"]] == [shop.public.file]
    assert (await conversation(shop.member, shop))["status"] == "open"
    assert await delivery_status(world, message["id"]) == {"cancelled"}
    again = await shop.member.delete(f"{API}/messages/{message['id']}")
    assert (again.status, (await again.json())["code"]) == (409, "already-sent")


async def test_taking_back_leaves_a_status_that_was_changed_since(shop: Shop):
    sent = await hold(shop, hold=5, status="closed")
    here = f"{API}/conversations/{shop.public.conversation}"
    await json(await shop.boss.patch(here, json={"status": "pending"}))
    await json(await shop.member.delete(f"{API}/messages/{sent['message']['id']}"))
    assert (await conversation(shop.member, shop))["status"] == "pending"


async def test_a_scheduled_message_can_leave_at_once_or_at_another_time(world: World, shop: Shop):
    later = rfc3339(world.clock() + timedelta(hours=3))
    sent = await hold(shop, send_at=later)
    address = f"{API}/messages/{sent['message']['id']}"
    latest = rfc3339(world.clock() + timedelta(hours=4))
    changed = await json(await shop.member.patch(address, json={"text": "Bye", "send_at": latest}))
    assert (changed["status"], changed["data"]["send_at"]) == ("scheduled", latest)
    left = await json(await shop.member.post(f"{address}/send-now"))
    assert (left["status"], left["data"]["send_at"]) == ("queued", rfc3339(world.clock()))
    assert await delivery_status(world, sent["message"]["id"]) == {"queued"}
    again = await shop.member.post(f"{address}/send-now")
    assert (again.status, (await again.json())["code"]) == (409, "not-scheduled")
    assert (
        await shop.outsider.post(f"{API}/messages/{shop.secret.answer}/send-now")
    ).status == 404


async def test_holding_is_bounded_and_not_both(world: World, shop: Shop):
    people = f"{API}/customers/{shop.customer}/messages"
    later = rfc3339(world.clock() + timedelta(hours=3))
    wrong: list[dict[str, object]] = [{"hold": 61}, {"hold": -1}, {"hold": 5, "send_at": later}]
    for fields in wrong:
        answer = await shop.member.post(people, json={"text": "Bye", **fields})
        assert answer.status == 422, fields
