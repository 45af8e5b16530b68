"""`/customers/{id}/messages` and `/notes`: writing to a customer, and among operators."""

from datetime import timedelta
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from hub.conversations.draft import Draft, Note, Sender
from hub.conversations.outbound import options, reply
from hub.conversations.outbound.stop_links import StopLinks
from hub.deliveries.route import Fallback
from hub.faults import Spelled
from hub.operators.access import Scope
from hub.ports import Button
from hub.rules.schedule import duration
from hub.templates.message import said
from hub.templates.wording import unsaid
from hub.timeline.view import load
from hub.web.api import Call, Routes
from hub.web.bodies import Input, Query
from hub.web.resources.template_facts import Data, ObjectRef, facts_of
from hub.web.shapes import EntryView, Json, Moment, Output, PointRef, Position, Purpose, Text

routes = Routes("messages")

Address = Annotated[str, Field(min_length=3, max_length=320)]
MOST_HELD = 60
FileIds = Annotated[list[UUID], Field(max_length=50)]


class NewButton(Input):
    """A quick reply; `value` comes back when it is pressed."""

    label: Annotated[str, Field(min_length=1, max_length=100)]
    value: Annotated[str, Field(min_length=1, max_length=200)]
    asks: Literal["", "phone"] = Field(
        default="", description="`phone`: shares the customer's own number, where a channel can."
    )


class FallbackWay(Input):
    """By `channel` too, `after` so long without a receipt (`2m`, `1h`, `1d`) by the way before."""

    channel: Annotated[str, Field(min_length=1, max_length=50)]
    after: Annotated[str, Field(max_length=10, examples=["2m"])]


class NewMessage(Input):
    """A `text` or a `template`; `contact_point` (id or `scheme:value`) and `channel` are wishes.

    in_reply_to_position: the newest position you have seen: refused if a colleague answered since.
    force: in spite of an opt-out, a block, or an address in bad health.
    """

    text: Text = ""
    template: Annotated[str, Field(max_length=100)] | None = None
    object: ObjectRef | None = Field(
        default=None, description="What the template is about: an order, an appointment."
    )
    data: Data = Field(default_factory=dict)
    html: Text = Field(
        default="",
        description="Rich text; without a `text`, that is made of it. See docs/email.md.",
    )
    subject: Annotated[str, Field(max_length=500)] = ""
    cc: Annotated[list[Address], Field(max_length=50)] = Field(default_factory=list)
    bcc: Annotated[list[Address], Field(max_length=50)] = Field(default_factory=list)
    files: FileIds = Field(default_factory=list)
    buttons: Annotated[list[NewButton], Field(max_length=20)] = Field(default_factory=list)
    contact_point: Annotated[str, Field(max_length=400)] | None = None
    channel: Annotated[str, Field(max_length=50)] = ""
    conversation_id: UUID | None = None
    purpose: Purpose = Field(
        default="service",
        description="`service` is an answer; `notice` tells of something and answers nothing: by "
        "consent it is `service`, in the conversation nobody has answered, and it keeps quiet "
        "hours. A template brings its own.",
    )
    send_at: Moment | None = None
    hold: Annotated[int, Field(ge=0, le=MOST_HELD)] = Field(
        default=0, description="Seconds in which it can still be taken back, by the hub's clock."
    )
    in_reply_to_position: Position | None = None
    reply_to: UUID | None = Field(
        default=None, description="The message that is answered, shown so where a channel can."
    )
    force: bool = False
    fallback: Annotated[list[FallbackWay], Field(max_length=5)] = Field(
        default_factory=list,
        description="Further ways, each if the one before brings no receipt in time, or fails.",
    )
    status: Literal["open", "pending", "closed"] | None = None
    quote: bool = Field(
        default=False, description="In mail, the customer's words go along below the answer."
    )

    @model_validator(mode="after")
    def _one_text(self) -> Self:
        if self.template is not None and (self.text or self.html or self.buttons):
            raise ValueError("Write a text or name a template, not both")
        if self.template is None and (self.object or self.data):
            raise ValueError("`object` and `data` are for a template: name one")
        if self.send_at is not None and self.hold:
            raise ValueError("Say when to send it or how long to hold it, not both")
        return self


class NewNote(Input):
    """`mentions`: operators who are told of it; they have to be able to see where it stands."""

    text: Text = ""
    conversation_id: UUID | None = None
    files: FileIds = Field(default_factory=list)
    mentions: Annotated[list[UUID], Field(max_length=50)] = Field(default_factory=list)


WayAfter = Annotated[
    str,
    Spelled(
        r"^[a-z][a-z0-9_-]{0,49}:[1-9][0-9]{0,4}[smhd]$",
        "a channel and how long after, such as telegram:10m",
    ),
]


class RouteQuery(Query):
    """What the message would be like; the same wishes as a message's own."""

    contact_point: Annotated[str, Field(max_length=400)] | None = None
    channel: Annotated[str, Field(max_length=50)] = ""
    conversation_id: UUID | None = None
    files: FileIds = Field(default_factory=list)
    cc: bool = False
    force: bool = False
    purpose: Purpose = "service"
    send_at: Moment | None = None
    fallback: Annotated[list[WayAfter], Field(max_length=5)] = Field(
        default_factory=list,
        description="May be repeated: `sms:10m`, the channel and how long the way before it has.",
    )


class InboxRef(Output):
    id: UUID
    name: str


class RouteCapabilities(Output):
    """What the channel can carry; 0 = not at all."""

    max_text_length: int
    files: bool
    max_files: int
    max_file_bytes: int
    html: bool
    subject: bool
    cc: bool
    buttons: bool


class RouteView(Output):
    """One way to the customer. `reason`: why it is chosen, outranked, or the first obstacle.

    `segments`: a long text costs as many messages as it has segments.
    """

    contact_point: PointRef
    inbox: InboxRef
    channel: str
    possible: bool
    chosen: bool
    reason: str
    obstacles: list[str]
    overridden: list[str]
    facts: Json
    capabilities: RouteCapabilities
    segments: bool


class WayView(Output):
    """One way the message takes, at `at` unless one before it has arrived; `after`: seconds."""

    contact_point: PointRef
    inbox: InboxRef
    channel: str
    after: float
    at: AwareDatetime


class Routing(Output):
    """`outcome` and `reason` as a decision has them; `ways`: the ones it takes, in order.

    `candidates`: every way there is, the best first.
    """

    outcome: str
    reason: str
    ways: list[WayView]
    candidates: list[RouteView]


class SentDelivery(Output):
    id: UUID
    contact_point: PointRef
    inbox_id: UUID
    status: str


class SentView(Output):
    message: EntryView
    deliveries: list[SentDelivery]
    decision_id: UUID


@routes.op(
    "GET",
    "/customers/{id}/routes",
    query=RouteQuery,
    out=Routing,
    scope=Scope.MESSAGES_READ,
)
async def list_routes(call: Call[None, RouteQuery]) -> Json:
    """Where a message would go if it were sent now, and why nowhere else; nothing is sent."""
    asked = call.query
    draft = Draft(
        "",
        contact_point=asked.contact_point,
        channel=asked.channel,
        conversation_id=asked.conversation_id,
        files=tuple(asked.files),
        cc=("",) if asked.cc else (),
        force=asked.force,
        purpose=asked.purpose,
        send_at=asked.send_at,
        fallback=tuple([_way(one) for one in asked.fallback]),
    )
    async with call.reading() as session:
        return await options.dry_run(
            session,
            call.id,
            draft,
            viewer=call.viewer,
            registry=call.services.registry,
            now=call.now,
        )


def _way(spelled: str) -> Fallback:
    channel, _, after = spelled.partition(":")
    return Fallback(channel, duration(after))


@routes.op(
    "POST",
    "/customers/{id}/messages",
    body=NewMessage,
    out=SentView,
    status=201,
    scope=Scope.MESSAGES_WRITE,
    also={
        409: "`answered-meanwhile`: `missing` holds the answers of others, `position` the newest.",
        422: "`no-route`: `candidates` say why each way is closed; `frequency-cap`: `facts` say "
        "how many messages of the purpose there were; or a field is wrong.",
    },
)
async def send_message(call: Call[NewMessage]) -> Json:
    """Write to a customer, on the channel they are on unless said otherwise."""
    links = StopLinks(call.services.keyring, call.services.settings.public_url)
    sent = await reply.send(
        call.session,
        call.id,
        (await _draft(call))._replace(preferences_page=links.preferences),
        by=Sender.of(call.viewer),
        registry=call.services.registry,
        now=call.now,
    )
    (entry,) = await load(call.session, [(sent.stream_id, sent.position)])
    return {
        "message": entry,
        "deliveries": [
            {
                "id": one.id,
                "contact_point": {
                    "id": one.contact_point_id,
                    "scheme": one.scheme,
                    "value": one.address,
                },
                "inbox_id": one.inbox_id,
                "status": one.status,
            }
            for one in sent.deliveries
        ],
        "decision_id": sent.decision_id,
    }


@routes.op(
    "POST",
    "/customers/{id}/notes",
    body=NewNote,
    out=EntryView,
    status=201,
    scope=Scope.MESSAGES_WRITE,
)
async def add_note(call: Call[NewNote]) -> Json:
    """Write a note on the timeline that only operators see."""
    new = call.body
    note = Note(new.text, new.conversation_id, tuple(new.files), tuple(new.mentions))
    recorded = await reply.note(
        call.session, call.id, note, by=Sender.of(call.viewer), now=call.now
    )
    (entry,) = await load(call.session, [(recorded.stream_id, recorded.position)])
    return entry


async def _draft(call: Call[NewMessage]) -> Draft:
    if call.body.template is not None:
        return await _of_template(call, call.body.template)
    return _written(call)


def _written(call: Call[NewMessage]) -> Draft:
    new = call.body
    return Draft(
        text=new.text,
        html=new.html,
        subject=new.subject,
        cc=tuple(new.cc),
        bcc=tuple(new.bcc),
        files=tuple(new.files),
        buttons=tuple(Button(one.label, one.value, one.asks) for one in new.buttons),
        contact_point=new.contact_point,
        channel=new.channel,
        conversation_id=new.conversation_id,
        purpose=new.purpose,
        send_at=call.now + timedelta(seconds=new.hold) if new.hold else new.send_at,
        in_reply_to_position=new.in_reply_to_position,
        reply_to=new.reply_to,
        force=new.force,
        fallback=tuple(Fallback(one.channel, duration(one.after)) for one in new.fallback),
        status=new.status,
        quote=new.quote,
    )


async def _of_template(call: Call[NewMessage], name: str) -> Draft:
    """The template in the customer's language, with the wishes of the call."""
    new = call.body
    facts = await facts_of(call.session, call.id, new.object, new.data, call.now)
    customer = facts["customer"]
    zone = {"locale": customer["locale"], "time_zone": customer["time_zone"]}
    found = await said(call.session, name, facts, **zone)
    if found is None:
        raise unsaid(name)
    draft = found.draft()
    purpose = new.purpose if "purpose" in new.model_fields_set else draft.purpose
    return _written(call)._replace(
        text=draft.text,
        html=draft.html,
        buttons=draft.buttons,
        data=draft.data,
        variants=draft.variants,
        invite=draft.invite,
        purpose=purpose,
        subject=new.subject or draft.subject,
    )
