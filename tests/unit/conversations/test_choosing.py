"""How a question's answers are given where no buttons stand below it."""

import pytest

from hub.conversations.draft import Choices, Draft
from hub.conversations.outbound.wording import choosing
from hub.ports import Button, Capabilities

URL = "https://hub.example/question/1.x"
ASK = Draft(
    "Which?\nSay so.\n",
    buttons=(Button("A & B", "ask:1"), Button("None", "ask:2")),
    choices=Choices(("A & B", "None"), URL),
)
SMS, CHAT = Capabilities(frozenset({"x"}), 100), Capabilities(frozenset({"x"}), 9, buttons=True)
MAIL = Capabilities(frozenset({"x"}), 100, html=True, subject=True)


def test_by_a_button_where_there_are_some() -> None:
    assert choosing(ASK, CHAT) == ASK
    assert choosing(Draft("Which?"), SMS) == Draft("Which?")


def test_by_its_number_where_there_is_only_text() -> None:
    assert choosing(ASK, SMS).text == "Which?\nSay so.\n\n1 – A & B\n2 – None"
    assert choosing(ASK, SMS).html == ""


@pytest.mark.parametrize("html", ["", "<p>Which?<br>Say so.</p>"])
def test_in_a_mail_by_a_link_as_well(html: str) -> None:
    found = choosing(Draft(ASK.text, html=html, choices=ASK.choices), MAIL)
    assert found.text == f"Which?\nSay so.\n\n1 – A & B\n2 – None\n\n{URL}"
    assert found.html == f'<p>Which?<br>Say so.</p><p><a href="{URL}">A &amp; B · None</a></p>'


def test_without_a_page_a_mail_is_text() -> None:
    found = choosing(Draft("Which?", choices=Choices(("Yes",))), MAIL)
    assert (found.text, found.html) == ("Which?\n\n1 – Yes", "")
