"""What the commands do to a database: the last line is the answer, the code the outcome."""

import json
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from hub.clock import now
from hub.db.engine import Database
from hub.ids import new_id
from hub.operators import repository, setup_links, viewers
from hub.operators.access import Scope
from tests.integration.cli.process import Environment, hub

pytestmark = pytest.mark.timeout(120)

RULES = """
name: Order notices
trigger: {on: order.status_changed}
actions: [{send: {template: order-status}}]
---
name: Thanks
trigger: {on: order.status_changed}
conditions: {all: [{field: order.status, is: delivered}]}
actions: [{send: {text: "Thank you, {{ customer.name }}"}}]
"""


async def test_an_operator_with_a_password(env: Environment, database: Database):
    told = await hub(
        env, "operator", "add", "Ann@example.com", "--role", "administrator", "--name", "Ann",
        "--password-stdin", text="seven quiet lagoons\n",
    )  # fmt: skip
    assert told.code == 0
    async with database.reading() as session:
        row = await repository.get(session, UUID(told.last))
        assert (row.email, row.role, row.name) == ("Ann@example.com", "administrator", "Ann")
        assert PasswordHasher().verify(row.password_hash, "seven quiet lagoons")
        audited = (await session.execute(text("SELECT action, object_id FROM audit"))).all()
    assert audited == [("operator.created", row.id)]
    again = await hub(env, "operator", "add", "ann@EXAMPLE.com", "--role", "reader", text="")
    assert (again.code, again.out) == (1, "")
    assert "Somebody signs in with this address already." in again.err


async def test_an_operator_without_a_terminal_gets_a_link(env: Environment, database: Database):
    told = await hub(
        {**env, "HUB_PUBLIC_URL": "https://hub.example/desk"},
        "operator", "add", "bob@example.com", "--role", "operator",
    )  # fmt: skip
    link, last = told.out.splitlines()
    assert link.startswith("https://hub.example/desk/setup/")
    async with database.reading() as session:
        invited = await setup_links.look(session, link.rpartition("/")[2], now())
    assert invited is not None
    assert str(invited.id) == last


async def test_a_token(env: Environment, database: Database):
    told = await hub(
        env, "token", "add", "shop", "--scope", "orders:write", "--scope", "customers:read"
    )
    async with database.reading() as session:
        found = await viewers.by_token(session, told.last)
        (audited,) = await session.scalars(text("SELECT detail FROM audit"))
    assert audited["name"] == "shop"
    assert found is not None
    assert found.viewer.scopes == {Scope.ORDERS_WRITE, Scope.CUSTOMERS_READ}
    assert found.viewer.system == "shop"
    assert told.last not in told.err


async def test_json_is_one_object_on_standard_output(env: Environment):
    told = await hub(env, "token", "add", "erp", "--scope", "admin", "--system", "1c", "--json")
    facts = told.json
    assert facts["scopes"] == ["admin"]
    assert facts["system"] == "1c"
    assert facts["token"].startswith("besedka_")


async def test_an_inbox(env: Environment, database: Database, tmp_path):
    (tmp_path / "secret").write_text("a secret of more than enough characters\n")
    told = await hub(
        env, "inbox", "add", "webchat", "--name", "Chat", "--set",
        "origins=https://a.example,https://b.example", "--set-file",
        f"jwt_secret={tmp_path}/secret",
    )  # fmt: skip
    async with database.reading() as session:
        stored = await session.scalar(
            text("SELECT settings FROM inboxes WHERE id = :id"), {"id": UUID(told.last)}
        )
    assert stored["origins"] == ["https://a.example", "https://b.example"]
    assert "a secret of more" not in json.dumps(stored)
    assert f"/chat/{told.last}/" in told.err
    tested = await hub(env, "inbox", "test", told.last, "--json")
    assert (tested.code, tested.json["ok"]) == (0, True)
    assert "Your site can vouch" in tested.out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["webchat", "--name", "X", "--set", "colour=red"], "settings.colour"),
        (["webchat", "--name", "X", "--set", "jwt_secret=short"], "settings.jwt_secret"),
        (["webchat", "--name", " "], "1 to 100 characters"),
    ],
)
async def test_an_inbox_that_cannot_be(env: Environment, args: list[str], said: str):
    told = await hub(env, "inbox", "add", *args)
    assert told.code == 1
    assert said in told.err


async def test_rules_are_kept_by_name(env: Environment, database: Database):
    told = await hub(env, "rules", "apply", "-", text=RULES)
    assert told.code == 0
    first = told.out.splitlines()
    again = await hub(
        env, "rules", "apply", "-", "--json", text=RULES.replace("Thank you", "Thanks")
    )
    assert [rule["id"] for rule in again.json["rules"]] == first
    assert [rule["changed"] for rule in again.json["rules"]] == [False, True]
    async with database.reading() as session:
        versions = (await session.scalars(text("SELECT version FROM rules ORDER BY name"))).all()
    assert versions == [1, 2]


async def test_a_file_with_one_wrong_rule_changes_nothing(env: Environment, database: Database):
    told = await hub(
        env, "rules", "apply", "-", text=RULES.replace("order.status, is", "order.colour, is")
    )
    assert told.code == 1
    assert "The rule `Thanks`: There is no field `order.colour`" in told.err
    assert "at conditions.all.0" in told.err
    assert told.err.count("order.colour") == 1
    async with database.reading() as session:
        assert not await session.scalar(text("SELECT count(*) FROM rules"))


@pytest.mark.parametrize("what", ["message", "customer"])
async def test_what_is_unknown_cannot_be_explained(env: Environment, what: str):
    told = await hub(env, "explain", what, str(new_id()))
    assert (told.code, told.out) == (1, "")
    assert f"There is no {what}" in told.err


async def test_a_database_that_is_not_there(tmp_path):
    env = {
        "HUB_DATABASE_URL": "postgresql://hub:hunter2@127.0.0.1:1/hub",
        "HUB_DATA_DIR": str(tmp_path),
    }
    told = await hub(env, "migrate")
    assert told.code == 1
    assert "The database does not let us in (PostgreSQL at 127.0.0.1)" in told.err
    assert "hunter2" not in told.err
