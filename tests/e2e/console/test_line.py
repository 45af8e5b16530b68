"""Sending, taken alone: who leaves after whom, and what comes back when it fails."""

from typing import Any

import pytest
from playwright.async_api import Browser

from tests.e2e.console.desk import Desk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="session"),
]

# Each message is delivered when the test says so: `steps` are pass (a message sets out, its fate
# in `fates`) and over (everything under way is waited for).
_LINE = """async ([base, steps, fates]) => {
  const { Line } = await import(`${base}/static/console/compose/line.js`);
  const line = new Line();
  const seen = [];
  let under = [];
  for (const step of steps) {
    if (step === "over") { await Promise.all(under); under = []; continue; }
    under.push(line.pass(
      async () => {
        seen.push(`${step}>`);
        await new Promise((done) => setTimeout(done, 5));
        seen.push(step);
        return fates[step] !== false;
      },
      () => seen.push(`${step}!`),
    ));
  }
  const went = await Promise.all(under);
  return [seen.join(" "), went];
}"""

_JOINED = """async ([base, first, second]) => {
  const { joined } = await import(`${base}/static/console/compose/joined.js`);
  const whole = (one) => ({ text: "", html: "", files: [], ...one });
  return joined(whole(first), whole(second));
}"""


async def test_messages_leave_in_order_and_come_back_in_order(
    browser: Browser, desk: Desk
) -> None:
    page = await browser.new_page()
    await page.goto(f"{desk.hub.url}/sign-in")

    async def line(steps: str, **fates: bool) -> list[Any]:
        found = await page.evaluate(_LINE, [desk.hub.url, steps.split(), fates])
        return list(found)

    assert await line("a b c") == ["a> a b> b c> c", [True, True, True]]
    # None overtakes one that did not go, however many wait behind it.
    assert await line("a b c", a=False) == ["a> a b! c!", [False, False, False]]
    assert await line("a b c", b=False) == ["a> a b> b c!", [True, False, False]]
    # What sets out when all that is over is tried, and opens the way again.
    assert await line("a b over c d", a=False) == ["a> a b! c> c d> d", [True, True]]
    assert await line("a over b over c", a=False, b=False) == ["a> a b> b c> c", [True]]

    async def joined(first: dict[str, Any], second: dict[str, Any]) -> Any:
        return await page.evaluate(_JOINED, [desk.hub.url, first, second])

    plain, designed = {"text": "a < b\nc"}, {"text": "bold", "html": "<b>bold</b>"}
    assert await joined(plain, {}) == {"text": "a < b\nc", "html": "", "files": []}
    assert (await joined(plain, {"text": "d"}))["text"] == "a < b\nc\n\nd"
    # Words without design are not lost beside those with it.
    both = await joined(plain, designed)
    assert both["html"] == "<div>a &lt; b<br>c</div><div><br></div><b>bold</b>"
    assert (await joined(designed, {}))["html"] == "<b>bold</b>"
    files = await joined({"files": [{"id": "1"}]}, {"files": [{"id": "2"}]})
    assert files["files"] == [{"id": "1"}, {"id": "2"}]
    await page.close()
