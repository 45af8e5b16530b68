"""What a rule asks a customer: the message with its answers, and what is kept to wait for one."""

from datetime import datetime
from uuid import UUID

import orjson

from hub.conversations.draft import Choices
from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.ids import new_id
from hub.rules import questions
from hub.rules.actions import Acting, Result, Tools
from hub.rules.sending import Sending
from hub.rules.steps import Asking, NewButton, Send

_KEEP = Query("""
    INSERT INTO rule_questions (id, firing_id, customer_id, entry_id, choices, asked_at, closes_at)
    SELECT :id, :firing, :customer, d.entry_id, CAST(:choices AS jsonb), :now,
           greatest((e.data->>'send_at')::timestamptz, :now) + CAST(:span AS interval)
    FROM decisions AS d JOIN entries AS e ON e.id = d.entry_id
    WHERE d.id = :decision
    RETURNING closes_at
""")


def question(acting: Acting, step: Asking, tools: Tools) -> Sending:
    """The message; its `data` names the question."""
    question_id, labels = new_id(), tuple(one.label for one in step.choices)
    url = tools.questions.url(question_id) if tools.questions else ""
    told = {"question": str(question_id)}
    return Sending(acting, _message(step, question_id), Choices(labels, url), told)


def _message(step: Asking, question_id: UUID) -> Send:
    spec = step.spec
    buttons = [
        NewButton(label=one.label, value=questions.button(question_id, number))
        for number, one in enumerate(step.choices, start=1)
    ]
    return Send(
        template=spec.template,
        text=spec.text,
        purpose=spec.purpose,
        channel=spec.channel,
        fallback=spec.fallback,
        buttons=buttons,
    )


async def keep(
    session: WriteSession, sending: Sending, step: Asking, firing_id: UUID, sent: Result
) -> datetime:
    """Keep the question that was sent, so that its answers are known; returns when it closes.

    Its time begins when it leaves, which quiet hours may put off.
    """
    acting = sending.acting
    [kept] = await _KEEP.rows(
        session,
        {
            "id": UUID(str(sending.data["question"])),
            "firing": firing_id,
            "customer": acting.context.customer_id,
            "decision": sent.decision_id,
            "choices": orjson.dumps([one.kept() for one in step.choices]).decode(),
            "now": acting.now,
            "span": step.span,
        },
    )
    closes_at: datetime = kept["closes_at"]
    return closes_at
