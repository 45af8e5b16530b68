"""Templates over the API: changed, versioned, previewed, sent on the channel's own words."""

from typing import Any

from sqlalchemy import text

from hub.operators.access import Role, Scope
from tests.integration.timeline.world import add_inbox
from tests.integration.web.conftest import Client, World
from tests.integration.web.shop import write

API = "/api/v1"
HELLO: dict[str, Any] = {
    "name": "hello",
    "locales": {
        "en": {
            "text": "Hello {{ customer.name | default('there') }}, your code is {{ data.code | "
            "default('on its way') }}",
            "channels": {"sms": {"text": "Code: {{ data.code | default('soon') }}"}},
        }
    },
}


async def asked(client: Client, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    answer = await client.request(method, f"{API}/{path}", json=body)
    return answer.status, await answer.json() if answer.status != 204 else None


async def test_an_own_template_lives_through_its_versions(world: World) -> None:
    boss = await world.as_role(Role.SUPERVISOR)
    status, made = await asked(boss, "POST", "templates", HELLO)
    assert (status, made["origin"], made["version"]) == (201, "own", 1)
    status, refused = await asked(boss, "POST", "templates", HELLO)
    assert (status, refused["existing"]) == (409, "hello")
    assert (await asked(boss, "POST", "templates", {**HELLO, "name": "away"}))[0] == 409
    changes = {"locales": {"ru": {"text": "Привет"}}, "version": 1}
    status, changed = await asked(boss, "PATCH", "templates/hello", changes)
    assert (status, changed["version"], list(changed["locales"])) == (200, 2, ["ru"])
    status, refused = await asked(boss, "PATCH", "templates/hello", changes)
    assert (status, refused["version"]) == (409, 2)
    status, refused = await asked(
        boss, "PATCH", "templates/hello", {"locales": {"ru": {"text": "{{ custmer.name }}"}}}
    )
    assert status == 422
    [wrong] = refused["errors"]
    assert wrong["field"] == "locales.ru.text"
    assert "Did you mean `customer.name`" in wrong["message"]
    _, kept = await asked(boss, "GET", "templates/hello/versions")
    assert [one["version"] for one in kept["items"]] == [2, 1]
    back = {"locales": kept["items"][1]["template"]["locales"]}
    assert (await asked(boss, "PATCH", "templates/hello", back))[1]["version"] == 3
    assert (await asked(boss, "DELETE", "templates/hello"))[0] == 204
    assert (await asked(boss, "GET", "templates/hello"))[0] == 404
    assert (await asked(boss, "GET", "templates/hello/versions"))[0] == 404


async def test_a_shipped_template_is_replaced_and_comes_back(world: World) -> None:
    boss = await world.as_role(Role.SUPERVISOR)
    changed = await asked(boss, "PATCH", "templates/away", {"locales": {"en": {"text": "Gone"}}})
    assert (changed[1]["origin"], changed[1]["version"]) == ("changed", 1)
    _, listed = await asked(boss, "GET", "templates?limit=1")
    _, further = await asked(boss, "GET", f"templates?limit=200&cursor={listed['next']}")
    names = [one["name"] for one in (*listed["items"], *further["items"])]
    assert len(listed["items"]) == 1
    assert names == sorted(set(names))
    assert [one["name"] for one in further["items"] if one["origin"] == "changed"] == ["away"]
    _, kept = await asked(boss, "GET", "templates/away/versions")
    assert [one["version"] for one in kept["items"]] == [1, 0]
    assert (await asked(boss, "DELETE", "templates/away"))[0] == 204
    assert (await asked(boss, "GET", "templates/away"))[1]["origin"] == "shipped"
    assert (await asked(boss, "DELETE", "templates/away"))[0] == 409


async def test_what_a_rule_sends_is_not_deleted_under_it(world: World) -> None:
    boss = await world.as_role(Role.SUPERVISOR)
    await asked(boss, "POST", "templates", HELLO)
    chosen = {
        "name": "by-status",
        "about": "order",
        "cases": {"field": "order.status", "templates": {"sent": "hello"}},
    }
    rule = {
        "name": "Greeting",
        "trigger": {"on": "order.created"},
        "actions": [{"send": {"template": "hello"}}],
    }
    assert (await asked(boss, "PUT", "rules", rule))[0] == 200
    assert (await asked(boss, "POST", "templates", chosen))[0] == 201
    status, refused = await asked(boss, "DELETE", "templates/hello")
    assert (status, refused["used_by"]) == (409, ["Greeting", "by-status"])
    assert (await asked(boss, "GET", "templates/hello"))[1]["used_by"] == refused["used_by"]
    wrong = {**rule, "actions": [{"send": {"template": "helo"}}]}
    assert "Did you mean `hello`" in (await asked(boss, "PUT", "rules", wrong))[1]["detail"]


async def test_a_message_by_template_says_what_its_channel_says(world: World) -> None:
    boss = await world.as_role(Role.ADMINISTRATOR)
    async with world.database.transaction() as session:
        inbox = await add_inbox(session)
    customer, _ = await write(world, boss, inbox, "public")
    await asked(boss, "POST", "templates", HELLO)
    # The shop's inbox is a web chat; its words are those of everywhere until it has its own.
    body = {"template": "hello", "data": {"code": "77"}}
    status, sent = await asked(boss, "POST", f"customers/{customer}/messages", body)
    assert status == 201, sent
    assert sent["message"]["text"].endswith("your code is 77")
    own = {**HELLO["locales"]["en"], "channels": {"webchat": {"text": "In the chat"}}}
    await asked(boss, "PATCH", "templates/hello", {"locales": {"en": own}})
    _, sent = await asked(boss, "POST", f"customers/{customer}/messages", body)
    assert sent["message"]["text"] == "In the chat"
    async with world.database.reading() as session:
        kept = await session.scalar(
            text("SELECT data->'template' FROM entries WHERE text = 'In the chat'")
        )
    assert kept == {"name": "hello", "version": 2}
    for wrong in (
        {"template": "hello", "text": "too"},
        {"template": "nothing"},
        {"text": "a", "data": {"code": 1}},
        {"template": "order-status"},
    ):
        assert (await asked(boss, "POST", f"customers/{customer}/messages", wrong))[0] == 422


async def test_a_preview_is_of_a_real_customer_and_a_real_order(world: World) -> None:
    boss = await world.as_role(Role.ADMINISTRATOR)
    shop = await world.as_token(Scope.ORDERS_WRITE)
    pushed = {
        "customer": {"contact_point": "tel:+79120000000", "name": "Ирина", "locale": "ru"},
        "number": "1043",
        "status": "shipped",
    }
    _, put = await asked(shop, "PUT", "orders/1043", pushed)
    about = {"kind": "order", "id": put["order"]["id"]}
    _, shown = await asked(
        boss, "POST", "templates/preview", {"name": "order-status", "object": about}
    )
    assert (shown["template"], shown["locale"]) == ("order-shipped", "ru")
    by_channel = {one["channel"]: one for one in shown["channels"]}
    assert by_channel["sms"]["text"] == "Заказ 1043 уже в пути."
    assert by_channel["sms"]["segments"] == 1
    assert "Здравствуйте, Ирина!" in by_channel["email"]["page"]
    appointment = {"name": "appointment-reminder", "locale": "en", "joined": True}
    _, joined = await asked(boss, "POST", "templates/preview", appointment)
    assert (joined["template"], joined["joins"]) == ("appointment-reminder-day", True)
    unsaved = {"template": {**HELLO, "locales": {"en": {"text": "{{ order.number }}"}}}}
    _, faulty = await asked(boss, "POST", "templates/preview", unsaved)
    assert faulty["channels"] == []
    assert list(faulty["fields"]) == ["locales.en.text"]
    _, made_up = await asked(boss, "POST", "templates/preview", {"name": "satisfaction"})
    assert {one["channel"] for one in made_up["channels"]} >= {"email", "sms", "telegram"}
    other = await asked(
        shop, "PUT", "orders/2", {**pushed, "customer": {"contact_point": "tel:+79120000001"}}
    )
    stranger = other[1]["order"]["customer_id"]
    asks = {"name": "order-status", "object": about, "customer": stranger}
    assert (await asked(boss, "POST", "templates/preview", asks))[0] == 422
    assert (await asked(boss, "POST", "templates/preview", {}))[0] == 422
