"""Nothing that a customer writes, by whichever channel, runs in the operator's console."""

from collections.abc import Iterator, Sequence

import pytest
from playwright.async_api import Browser, Dialog, Page, expect

from hub.ports import Address, Attachment
from tests.e2e.console.channels import PNG, caller
from tests.e2e.console.desk import Desk, settled, signed_in
from tests.e2e.console.hostile import payloads

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="session"),
]

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(event.violatedDirective + " " + event.blockedURI + " " + event.sample));
"""
# What our own code never draws, and a stranger's markup would.
FOREIGN = """() => [...document.querySelectorAll("*")].flatMap((one) =>
  [...one.attributes]
    .filter(({ name, value }) => /^on/i.test(name) || /^\\s*(javascript|vbscript):/i.test(value)
      || (name === "href" && /^data:/i.test(value)))
    .map(({ name, value }) => `${one.localName} ${name}=${value}`.slice(0, 200))
    .concat(one.matches("script:not([src]), base[href], meta[http-equiv=refresh], object, embed")
      ? [one.outerHTML.slice(0, 200)] : []))"""
PWNED = "() => window.pwned ? `${location} ran it` : null"
SANDBOXES = """(frames) => frames.map((one) =>
  one.sandbox.length && !one.sandbox.contains("allow-scripts") ? null : one.outerHTML)"""
A_LOT = 15


def portions(bad: Sequence[str]) -> Iterator[Sequence[str]]:
    return (bad[start : start + A_LOT] for start in range(0, len(bad), A_LOT))


async def written(desk: Desk) -> int:
    """Everything by four channels, in texts, subjects, names, file names and mail's HTML."""
    bad = payloads()
    told = 0
    for channel, scheme, value in (
        ("email", "email", "eve@example.com"),
        ("telegram", "telegram", "777000777"),
        ("sms", "tel", "+79120007777"),
        ("webchat", "webchat", "eve-visits"),
    ):
        name = f"Eve {channel} {bad[0]}"
        async with caller(desk.hub.database_url, channel, Address(scheme, value), name) as eve:
            for some in portions(bad):
                await eve.writes(
                    "\n".join(some),
                    html="<br>".join(some) if channel == "email" else "",
                    files=[Attachment(f"{some[0][:80]}.png", PNG)],
                    subject=some[1] if len(some) > 1 else some[0],
                    cc=[{"name": some[-1], "address": "x@example.com"}],
                )
                told += len(some)
    return told


async def test_nothing_a_customer_writes_runs(browser: Browser, desk: Desk) -> None:
    context, page, _ = await signed_in(browser, desk.hub.url)
    ran: list[str] = []

    async def note(dialog: Dialog) -> None:
        ran.append(dialog.message)
        await dialog.dismiss()

    page.on("dialog", note)
    await page.add_init_script(WATCH)
    assert await written(desk) >= 4 * 200
    await page.reload()
    for channel in ("email", "telegram", "sms", "webchat"):
        await page.locator(".row", has_text=f"Eve {channel}").first.click()
        await expect(page.locator(".timeline h1")).to_contain_text(f"Eve {channel}")
        await settled(page)
        assert await faults(page) == []
        await expect(page.locator(".timeline")).to_contain_text("top.pwned")
        await page.locator(".timeline").hover()
        await page.mouse.wheel(0, -100_000)
        await settled(page)
        assert await faults(page) == []
    assert ran == []
    await context.close()


async def faults(page: Page) -> list[str]:
    """What ran, what the policy had to stop, and what stands in our own page that is not ours.

    The frames of mails may hold anything, as a channel that cleans nothing would bring it: there
    it is enough that nothing runs.
    """
    found: list[str] = list(await page.evaluate("() => window.violations"))
    found += await page.evaluate(FOREIGN)
    found += [await frame.evaluate(PWNED) for frame in page.frames]
    found += await page.locator("iframe").evaluate_all(SANDBOXES)
    return [one for one in found if one]
