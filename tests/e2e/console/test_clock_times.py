"""Clock times of rules in words, where words say them as exactly as the five fields of a cron."""

import pytest
from playwright.async_api import Browser

from tests.e2e.console.desk import Desk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="session"),
]

_SAID = """async ([base, language, crons]) => {
  const { speak } = await import(`${base}/static/console/words.js`);
  const { fires } = await import(`${base}/static/console/settings/rule-words.js`);
  await speak(language);
  return crons.map((cron) => fires({ cron, zone: "UTC" }).replace(" (UTC)", ""));
}"""
ENGLISH = {
    "0 9 * * *": "Every day at 09:00",
    "30 8,17 * * *": "Every day at 08:30 and 17:30",
    "0 9 * * 1": "On Mondays at 09:00",
    "0 9 * * wed,0,Fri": "On Wednesdays, Fridays, and Sundays at 09:00",
    "5 9 * * 1-5": "From Monday to Friday at 09:05",
    "0 9 * * MON-FRI": "From Monday to Friday at 09:00",
    "0 9 * * 5-7": "On Fridays, Saturdays, and Sundays at 09:00",
    "0 9 * * 0-6": "Every day at 09:00",
    "0 9 1 * *": "On day 1 of each month at 09:00",
    "0 * * * *": "Every hour",
    "20 * * * *": "Every hour at minute 20",
    "*/15 * * * *": "Every 15 minutes",
    "0 */6 * * *": "Every 6 hours",
    # Each says more than a sentence could: an odd pace, both days, months, the last day.
    **{
        cron: f"At {cron}"
        for cron in (
            *("*/7 * * * *", "*/15 9 * * *", "5 */6 * * *", "0 9-17 * * *", "0 */5 * * *"),
            *("0 9 1 * 1", "0 9 1,15 * *", "0 9 1 1 *", "0 9 L * *", "0 9 * * 1#2"),
            *("0 * * * 1", "*/15 * * * 1", "* * * * *", "0 9 * * 1-5/2"),
        )
    },
}


async def test_common_clock_times_stand_in_words(browser: Browser, desk: Desk) -> None:
    page = await browser.new_page(locale="en-GB")
    await page.goto(f"{desk.hub.url}/sign-in")

    async def said(language: str, *crons: str) -> list[str]:
        return list(await page.evaluate(_SAID, [desk.hub.url, language, crons]))

    assert dict(zip(ENGLISH, await said("en", *ENGLISH), strict=True)) == ENGLISH
    common = ("0 9 * * *", "0 9 * * 1,3", "0 9 * * 1-5", "0 9 1 * *", "0 * * * *", "*/15 * * * *")
    assert await said("ru", *common) == [
        "Каждый день в 09:00",
        "По понедельникам и средам в 09:00",
        "С понедельника по пятницу в 09:00",
        "1-го числа каждого месяца в 09:00",
        "Каждый час",
        "Каждые 15 минут",
    ]
    assert await said("bg", *common[:4]) == [
        "Всеки ден в 09:00",
        "Всяка седмица, понеделник и сряда, в 09:00",
        "От понеделник до петък в 09:00",
        "На 1 число всеки месец в 09:00",
    ]
