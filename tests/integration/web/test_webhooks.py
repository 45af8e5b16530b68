"""Webhooks over the API: made, changed, tried, looked into; secrets are shown once."""

from datetime import timedelta

from hub.clock import rfc3339
from hub.operators.access import Role
from tests.integration.web.conftest import World
from tests.integration.web.shop import API, json

HOOK = {"name": "erp", "url": "https://erp.example/hook", "events": ["order.created"]}


async def test_a_webhooks_life(world: World):
    boss = await world.as_role(Role.ADMINISTRATOR)
    answer = await boss.post(f"{API}/webhooks", json=HOOK)
    made = await json(answer)
    assert (answer.status, made["state"], made["pending"]) == (201, "on", 0)
    assert made["secret"].startswith("whsec_")
    assert (await boss.post(f"{API}/webhooks", json=HOOK)).status == 409

    here = f"{API}/webhooks/{made['id']}"
    assert "secret" not in await json(await boss.get(here))
    (listed,) = (await json(await boss.get(f"{API}/webhooks")))["items"]
    assert listed["url"] == HOOK["url"]
    renewed = await json(await boss.post(f"{here}/secret", json={"overlap_hours": 1}))
    assert renewed["secret"] != made["secret"]
    assert renewed["old_secret_until"] == rfc3339(world.clock() + timedelta(hours=1))

    off = await json(await boss.patch(here, json={"enabled": False, "events": ["*"]}))
    assert (off["state"], off["disabled_reason"], off["events"]) == ("off", "by-hand", ["*"])
    assert (await boss.post(f"{here}/test")).status == 409
    on = await json(await boss.patch(here, json={"enabled": True, "name": "shop"}))
    assert (on["state"], on["disabled_reason"], on["name"]) == ("on", "", "shop")
    assert (await boss.delete(here)).status == 204
    assert (await boss.get(here)).status == 404
    audited = (await json(await boss.get(f"{API}/audit")))["items"]
    assert [one["action"] for one in audited] == [
        "webhook.deleted",
        "webhook.changed",
        "webhook.changed",
        "webhook.secret_changed",
        "webhook.created",
    ]


async def test_a_try_is_in_the_history_and_can_be_told_again(world: World):
    boss = await world.as_role(Role.ADMINISTRATOR)
    here = f"{API}/webhooks/{(await json(await boss.post(f'{API}/webhooks', json=HOOK)))['id']}"
    answer = await boss.post(f"{here}/test")
    assert answer.status == 202
    tried = (await answer.json())["id"]
    (told,) = (await json(await boss.get(f"{here}/deliveries")))["items"]
    assert (told["id"], told["type"], told["status"]) == (tried, "webhook.tested", "pending")
    assert (await json(await boss.get(f"{here}/deliveries?status=failed")))["items"] == []
    attempts = await json(await boss.get(f"{here}/deliveries/{tried}/attempts"))
    assert attempts["items"] == []
    assert (await boss.post(f"{here}/deliveries/{tried}/retry")).status == 204
    unknown = "0198c1de-0000-7000-8000-000000000000"
    assert (await boss.post(f"{here}/deliveries/{unknown}/retry")).status == 404
    assert (await boss.get(f"{here}/deliveries/{unknown}/attempts")).status == 404
    now = world.clock()
    window = {"since": rfc3339(now - timedelta(days=1)), "until": rfc3339(now)}
    assert await json(await boss.post(f"{here}/replay", json=window)) == {"queued": 0}
    backwards = {"since": window["until"], "until": window["since"]}
    refused = await boss.post(f"{here}/replay", json=backwards)
    assert refused.status == 422
    assert [one["field"] for one in (await refused.json())["errors"]] == ["until"]


async def test_what_is_wrong_is_named(world: World):
    boss = await world.as_role(Role.ADMINISTRATOR)
    for wrong, field in (
        ({**HOOK, "url": "http://10.0.0.1/"}, "url"),
        ({**HOOK, "url": "gopher://erp.example/"}, "url"),
        ({**HOOK, "events": ["order.made"]}, "events"),
        ({**HOOK, "name": " "}, "name"),
    ):
        answer = await boss.post(f"{API}/webhooks", json=wrong)
        assert answer.status == 422
        assert field in str(await answer.json())
