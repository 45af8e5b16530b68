"""The styles a mail may keep, as a browser takes them."""

from playwright.async_api import Browser, Route

from channels.email.parsing import markup, sanitise

ELSEWHERE = "http://elsewhere.example"


async def test_every_style_that_stays_is_known_and_fetches_nothing(browser: Browser) -> None:
    asked: list[str] = []

    async def answered(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(body="")

    context = await browser.new_context()
    await context.route("**/*", answered)
    page = await context.new_page()
    known = "names => names.filter(name => !CSS.supports(name, 'inherit'))"
    assert await page.evaluate(known, sorted(sanitise.STYLES)) == []

    # Each with an address in its value, also behind words that the property knows.
    reaching = "".join(
        f"<p style=\"{name}: {words} url('{ELSEWHERE}/{name}')\">a</p>"
        for name in sorted(sanitise.STYLES)
        for words in ("", "underline", "solid 1px", "inherit,")
    )
    mail, _ = sanitise.sanitised(markup.tokens(reaching))
    assert f"{ELSEWHERE}/text-decoration" in mail
    # The same page does fetch what a sheet of its own names: nothing else held it back.
    seen = f"<i style=\"background: url('{ELSEWHERE}/seen')\">b</i>"
    await page.set_content(mail + seen, wait_until="networkidle")
    assert asked == [f"{ELSEWHERE}/seen"]
