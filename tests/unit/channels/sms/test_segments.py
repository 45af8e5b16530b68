"""Segments as networks bill them: alphabets, escapes, and letters at the edge of a part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sms.segments import count


@pytest.mark.parametrize(
    ("text", "encoding", "segments", "units"),
    [
        ("", "gsm7", 0, 0),
        ("a" * 160, "gsm7", 1, 160),
        ("a" * 161, "gsm7", 2, 161),
        ("a" * 306, "gsm7", 2, 306),
        ("a" * 307, "gsm7", 3, 307),
        ("{" * 80, "gsm7", 1, 160),
        ("a" * 159 + "{", "gsm7", 2, 161),
        # An escape and its letter are not torn apart: 152 + {} does not fill the first part.
        ("a" * 152 + "{" + "a" * 152, "gsm7", 3, 306),
        ("àÄñ@Ø§€^", "gsm7", 1, 10),
        ("ç", "ucs2", 1, 1),
        ("щ" * 70, "ucs2", 1, 70),
        ("щ" * 71, "ucs2", 2, 71),
        ("щ" * 134, "ucs2", 2, 134),
        ("щ" * 135, "ucs2", 3, 135),
        ("🙂" * 35, "ucs2", 1, 70),
        ("щ" * 69 + "🙂", "ucs2", 2, 71),
        # Nor are the two halves of an emoji.
        ("щ" * 66 + "🙂" + "щ" * 66, "ucs2", 3, 134),
        ("a" * 160 + "щ", "ucs2", 3, 161),
    ],
)
def test_what_a_text_costs(text: str, encoding: str, segments: int, units: int) -> None:
    found = count(text)
    assert (found.encoding, found.segments, found.units) == (encoding, segments, units)


@given(st.text(alphabet="aщ{🙂€ё@", max_size=400), st.sampled_from("aщ🙂"))
def test_more_text_never_costs_less_and_the_room_is_true(text: str, more: str) -> None:
    before, after = count(text), count(text + more)
    assert after.segments >= before.segments
    if before.encoding == after.encoding:
        width = after.units - before.units
        assert (after.segments == max(before.segments, 1)) == (width <= before.room)
