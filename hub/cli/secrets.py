"""`hub secrets`: another key for what is stored encrypted; nothing has to be entered again."""

from typing import Any

from sqlalchemy import select

from hub import clock
from hub.cli.environment import load_settings, on_installation
from hub.cli.output import JsonFlag, answer, say
from hub.cli.root import new_app
from hub.crypto import Keyring, add_secret
from hub.db.engine import WriteSession
from hub.errors import Conflict, NotFound
from hub.inboxes import settings as inbox_settings
from hub.inboxes.tables import Inbox
from hub.installation import Installation
from hub.oidc import settings as oidc
from hub.operators import audit, second_factors
from hub.operators.access import SYSTEM
from hub.webhooks.tables import Webhook

app = new_app("The key that encrypts what is stored.")


@app.callback()
def secrets() -> None:
    """The key that encrypts what is stored."""


@app.command()
def new(*, as_json: JsonFlag = False) -> None:
    """Put a new key into the data directory; the earlier ones still open what they closed."""
    settings = load_settings()
    if settings.secret_key.get_secret_value():
        raise Conflict(
            "The key comes from HUB_SECRET_KEY.",
            remedy="Put a new one there and the present one into HUB_OLD_SECRET_KEYS.",
        )
    path = settings.data_path / "secret_key"
    try:
        add_secret(settings.data_path)
    except FileNotFoundError as error:
        raise NotFound(f"There is no {path} yet: the first start makes it.") from error
    say("Now restart the hub, and then: hub secrets rotate")
    answer(path, {"file": path}, as_json=as_json)


@app.command()
def rotate(*, as_json: JsonFlag = False) -> None:
    """Encrypt every stored secret under the present key. The hub must know it already."""
    facts = on_installation(renew)
    say("The earlier keys are still needed for links in mails, and for this day's API answers.")
    answer(facts["renewed"], facts, as_json=as_json)


async def renew(at: Installation) -> dict[str, Any]:
    """{"renewed": how many secrets were under an earlier key}."""
    async with at.database.transaction() as session:
        renewed = await _inboxes(session, at.keyring) + await _webhooks(session, at.keyring)
        renewed += await second_factors.renew(session, at.keyring)
        renewed += await oidc.renew(session, at.keyring)
        await audit.record(
            session, SYSTEM, "secrets.rotated", detail={"renewed": renewed}, now=clock.now()
        )
    return {"renewed": renewed}


async def _inboxes(session: WriteSession, keyring: Keyring) -> int:
    changed = 0
    for inbox in await session.scalars(select(Inbox).order_by(Inbox.id).with_for_update()):
        renewed = inbox_settings.renewed(inbox.settings, keyring)
        if renewed != inbox.settings:
            inbox.settings = renewed
            changed += 1
    await session.flush()
    return changed


async def _webhooks(session: WriteSession, keyring: Keyring) -> int:
    changed = 0
    for webhook in await session.scalars(select(Webhook).order_by(Webhook.id).with_for_update()):
        now, before = keyring.renewed(webhook.secret), webhook.old_secret
        then = keyring.renewed(before) if before else None
        if now or then:
            webhook.secret, webhook.old_secret = now or webhook.secret, then or before
            changed += 1
    await session.flush()
    return changed
