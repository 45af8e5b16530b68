"""The console counts an SMS as the channel does: what is shown before is what is billed."""

import random
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import Browser

from channels.sms.segments import BASIC, EXTENDED, count

pytestmark = pytest.mark.browser

_SOURCE = Path("hub/web/static/console/compose/segments.js").read_text("utf-8")
_LETTERS = [*sorted(BASIC), *sorted(EXTENDED), *"ёЖщъ’“…–№", "🙂", "👨‍👩‍👧", "é", "e\u0301", "\t"]
_EDGES = (0, 1, 66, 67, 68, 69, 70, 71, 133, 134, 135, 152, 153, 154, 159, 160, 161, 305, 306, 307)


def _texts() -> list[str]:
    """Each letter by itself and at each edge, and mixtures of all lengths."""
    chance = random.Random(5)
    edges = [filler * (size - 1) + one for size in _EDGES for one in _LETTERS for filler in "aщ"]
    mixed = [
        "".join(chance.choices(chance.sample(_LETTERS, chance.randint(1, 6)), k=size))
        for size in (chance.randint(0, 700) for _ in range(1500))
    ]
    return [*edges, *mixed]


async def test_the_console_counts_as_the_channel_does(browser: Browser) -> None:
    texts = _texts()
    page = await browser.new_page()
    counted = await page.evaluate(
        """async ([address, texts]) => {
            const { segments } = await import(address);
            return texts.map((text) => segments(text));
        }""",
        [f"data:text/javascript,{quote(_SOURCE)}", texts],
    )
    await page.close()
    wrong = [
        (text, there, count(text).segments)
        for text, there in zip(texts, counted, strict=True)
        if there != count(text).segments
    ]
    assert len(texts) > 4_000
    assert not wrong[:3]
