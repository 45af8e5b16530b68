"""When a rule stops answering a mail."""

import pytest

from hub.conversations.outbound.storm import Calm, Mail, calm


@pytest.mark.parametrize(
    ("mail", "why"),
    [
        (Mail("Question", ours=False, answered=[]), None),
        (Mail("Question", ours=True, answered=[]), Calm.OURS),
        (Mail("Question", ours=False, answered=[], automatic=True), Calm.MACHINE),
        (Mail("Question", ours=False, answered=[], copied=True), Calm.COPY),
        (Mail("Question", ours=False, answered=["Other"] * 9), None),
        (Mail("Question", ours=False, answered=["Other"] * 10), Calm.MANY),
        (Mail("Re: Question", ours=False, answered=["Question"]), None),
        (Mail("Re: Question", ours=False, answered=["Question", "AW: Re: QUESTION"]), Calm.SAME),
        # What has no subject has none in common.
        (Mail("", ours=False, answered=["", "", ""]), None),
        (Mail("Re: ", ours=False, answered=["Re: ", "", ""]), None),
    ],
)
def test_when_a_rule_stops_answering(mail: Mail, why: Calm | None) -> None:
    assert calm(mail) is why
