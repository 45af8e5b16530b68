"""Who a message is from: one number however it is spelled, or a sender nobody can answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sms.numbers import NotANumber, Party, e164, party
from hub.customers.addresses import normalise


@pytest.mark.parametrize(
    ("spelled", "region", "number"),
    [
        ("+7 912 345-67-89", "", "+79123456789"),
        ("8 (912) 345-67-89", "", "+79123456789"),
        ("8 (912) 345-67-89", "RU", "+79123456789"),
        ("9123456789", "RU", "+79123456789"),
        ("79123456789", "", "+79123456789"),
        ("0079123456789", "", "+79123456789"),
        ("7\N{NO-BREAK SPACE}912\N{NO-BREAK SPACE}345\N{NO-BREAK SPACE}67\N{NO-BREAK SPACE}89",
         "", "+79123456789"),
        ("０８８８ 123456", "BG", "+359888123456"),
        ("0888 123 456", "BG", "+359888123456"),
        ("07400 123456", "GB", "+447400123456"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("+52 1 55 1234 5678", "", "+525512345678"),
        ("+54 9 11 2345-6789", "", "+5491123456789"),
    ],
)  # fmt: skip
def test_one_number_however_it_is_spelled(spelled: str, region: str, number: str) -> None:
    assert e164(spelled, region) == number
    assert party(spelled, region) == Party("tel", number)
    # The hub, which reads it again, agrees.
    assert normalise("tel", number) == number == normalise("tel", spelled, region=region or None)


@pytest.mark.parametrize(
    ("spelled", "sender"),
    [("SBERBANK", "SBERBANK"), (" Tele2 ", "Tele2"), ("900", "900"), ("20202", "20202"),
     ("МТС", "МТС"), ("M&S", "M&S")],
)  # fmt: skip
def test_senders_that_cannot_be_answered(spelled: str, sender: str) -> None:
    found = party(spelled, "RU")
    assert found == Party("smssender", sender)
    assert not found.answerable


@pytest.mark.parametrize(
    ("spelled", "why"),
    [
        ("", "empty"),
        ("+7912", "too short"),
        ("+44 7400 123456789", "too long"),
        ("+999 123456789", "country code"),
        ("12345678901234567890", "no phone number"),
        ("whatsapp:+79123456789", "neither"),
        ("x" * 1000, "too long"),
        ("(", "no phone number"),
    ],
)
def test_what_is_refused_says_why(spelled: str, why: str) -> None:
    with pytest.raises(NotANumber, match=why):
        party(spelled)


@given(st.text(max_size=80), st.sampled_from(["", "RU", "BG", "US", "XX"]))
def test_no_text_breaks_it_and_what_is_read_stays_so(text: str, region: str) -> None:
    try:
        found = party(text, region)
    except NotANumber:
        return
    assert party(found.value, region) == found
    if found.answerable:
        assert normalise("tel", found.value) == found.value
