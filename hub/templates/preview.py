"""How a template reads before it is sent: on every installed channel, or why it cannot."""

from collections.abc import Mapping
from typing import Protocol

from hub.db.base import Json
from hub.deliveries.compose import from_button
from hub.errors import Invalid
from hub.ids import new_id
from hub.ports import Address, Capabilities, ChannelType, OutboundMessage, Previews
from hub.templates.spec import Template, check_template, sources
from hub.templates.wording import Reader, Wording, word


class Kinds(Protocol):
    """The installed channels (`hub.inboxes.registry.Registry`)."""

    def names(self) -> list[str]: ...

    def capabilities(self, name: str) -> Capabilities | None: ...

    def type(self, name: str) -> ChannelType: ...


def preview(
    template: Template,
    facts: Mapping[str, object],
    reader: Reader,
    kinds: Kinds,
    inboxes: Mapping[str, str],
) -> Json:
    """`{"locale", "channels": [{"channel", "subject", "text", "html", "page", "buttons",
    "segments", "encoding", "room"}], "fault", "fields", "joins"}`; with a fault there is no
    channel. joins: it has words for what a rule with `join` names beside its object.

    inboxes: by channel, the name its mails are headed with. Takes as long as filling in may.
    """
    joins = any(f"{template.about}.others" in source for _, source, _ in sources(template))
    try:
        check_template(template)
        wording = word(template, facts, reader)
        channels = [
            _on(wording, name, can, kinds.type(name), inboxes.get(name, name))
            for name in kinds.names()
            if (can := kinds.capabilities(name)) is not None
        ]
    except Invalid as error:
        told = {"fault": str(error), "fields": error.fields, "joins": joins}
        return {"locale": "", "channels": [], **told}
    told = {"fault": "", "fields": {}, "joins": joins}
    return {"locale": wording.locale, "channels": channels, **told}


def _on(wording: Wording, name: str, can: Capabilities, kind: ChannelType, inbox: str) -> Json:
    words = wording[name]
    html, subject = words.html if can.html else "", words.subject if can.subject else ""
    buttons = words.buttons if can.buttons else ()
    shown: Json = {
        "channel": name,
        "subject": subject,
        "text": words.text,
        "html": html,
        "buttons": [from_button(one) for one in buttons],
        "page": "",
        "segments": 0,
        "encoding": "",
        "room": 0,
    }
    if not isinstance(kind, Previews):
        return shown
    message = OutboundMessage(
        delivery_id=new_id(),
        entry_id=new_id(),
        conversation_id=None,
        address=Address("none", ""),
        reply_address="",
        text=words.text,
        html=html,
        subject=subject,
        buttons=buttons,
        automatic=True,
        locale=wording.locale,
    )
    seen = kind.preview(message, inbox)
    facts = {"page": seen.page, "segments": seen.segments, "encoding": seen.encoding}
    return {**shown, **facts, "room": seen.room}
