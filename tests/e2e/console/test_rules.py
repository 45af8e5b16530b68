"""Rules in the settings: built in a form, read as YAML, wrong where it is wrong, asked why not."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from hub import clock
from tests.e2e.console.axe import faults_in_both_themes
from tests.e2e.console.desk import Desk, settled, signed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="session"),
]
NAME = "Greeting for those who write"


async def build(page: Page) -> None:
    """When a customer writes in Bulgarian, a note; the field is misspelt at first."""
    await page.get_by_role("button", name="New rule").click()
    await page.get_by_label("Name").fill(NAME)
    await page.get_by_label("What happens").select_option("message.received")
    await page.get_by_role("button", name="Remove", exact=True).click()
    await page.get_by_role("button", name="Add what to do").click()
    await page.locator(".choice", has_text="Write a note").click()
    await page.get_by_label("Text").fill("Writes in Bulgarian.")
    await page.get_by_role("button", name="Add a condition").click()
    await page.get_by_label("Field").fill("customer.local")
    await page.get_by_label("Value").fill("bg")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".rule-group .fault")).to_contain_text("customer.locale")
    await settled(page)
    assert await faults_in_both_themes(page) == []
    await page.get_by_label("Field").fill("customer.locale")
    await page.get_by_label("Value").fill("bg")
    await expect(page.get_by_label("Field")).to_have_value("Customer: language")


REMINDER = {
    "name": "An hour before",
    "trigger": {"before": "appointment.starts_at", "by": "1h"},
    "late": "30m",
    "actions": [{"send": {"text": "We expect you: {{ appointment.number }}."}}],
}
PICKY = {
    "name": "For those who have confirmed",
    "conditions": {"field": "appointment.status", "is": "confirmed"},
}


async def planned(desk: Desk, rule: Any) -> None:
    async with asyncio.timeout(20):
        path = f"/rules/{rule['id']}/next"
        while not (await desk.api("GET", path))["items"]:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)


async def what_would_not_go_is_not_promised(page: Page, desk: Desk, rule: Any) -> None:
    """It is planned, and as things stand its conditions do not hold."""
    await planned(desk, rule)
    await page.goto(f"{desk.hub.url}/#/settings/rules/{rule['id']}")
    await page.get_by_role("button", name="Why not for somebody?").click()
    await page.keyboard.type("Wanda")
    await page.locator(".choice", has_text="Wanda Why").click()
    await expect(page.locator("dialog")).to_contain_text("it goes only if the rule holds by then")
    await expect(page.locator("dialog .tree-leaf")).to_contain_text("found: Booked")
    await page.keyboard.press("Escape")
    await desk.api("DELETE", f"/rules/{rule['id']}")


async def what_is_off_promises_nothing(page: Page) -> None:
    await page.get_by_role("switch").click()
    await expect(page.locator(".rule-next")).to_contain_text("Nothing while the rule is off.")
    await expect(page.locator(".rule-next .item")).to_have_count(0)
    await page.get_by_role("switch").click()
    await expect(page.locator(".rule-next .item")).to_contain_text("A-7")


async def plan_follows_the_appointment(page: Page, desk: Desk, customer: str) -> None:
    """Planned, found to be otherwise, planned anew and sent: seen in the console throughout."""
    rule = await desk.api("PUT", "/rules", REMINDER)
    picky = await desk.api("PUT", "/rules", REMINDER | PICKY)

    async def book(after: timedelta) -> None:
        starts_at = clock.rfc3339(clock.now() + after)
        body = {"customer": {"id": customer}, "number": "A-7", "status": "booked"}
        await desk.api("PUT", "/appointments/a-7?system=booking", body | {"starts_at": starts_at})

    await book(timedelta(days=3))
    await planned(desk, rule)
    await what_would_not_go_is_not_promised(page, desk, picky)
    await page.goto(f"{desk.hub.url}/#/settings/rules/{rule['id']}")
    await expect(page.locator(".rule-next .item")).to_contain_text("A-7")
    await what_is_off_promises_nothing(page)
    await book(timedelta(minutes=59))
    await page.goto(f"{desk.hub.url}/#/inbox")
    await page.locator(".row", has_text="Wanda Why").click()
    sent = page.locator(".entry.outbound", has_text="We expect you: A-7.")
    await expect(sent).to_have_count(1, timeout=15_000)
    await page.goto(f"{desk.hub.url}/#/settings/rules/{rule['id']}")
    await expect(page.locator(".fact", has_text="Appointment A-7")).to_contain_text("Send")
    await expect(page.locator(".rule-next")).to_have_count(0)
    await desk.api("DELETE", f"/rules/{rule['id']}")


async def test_a_rule_is_built_tried_and_deleted(browser: Browser, desk: Desk) -> None:
    _, wanda = await desk.customer("Wanda Why", "Hello")
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await page.goto(f"{desk.hub.url}/#/settings/rules")
    await build(page)
    await page.get_by_role("button", name="YAML").click()
    yaml = page.get_by_role("textbox", name="The rule in YAML")
    await expect(yaml).to_have_value(
        f"name: {NAME}\ntrigger:\n  on: message.received\nconditions:\n  all:\n"
        "  - field: customer.locale\n    is: bg\nactions:\n- note: Writes in Bulgarian.\n"
    )
    await page.get_by_role("button", name="Form").click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".rule-told")).to_contain_text("When a customer writes")

    # Why not for her: the value that was found stands beside the one that was wanted.
    await page.get_by_role("button", name="Why not for somebody?").click()
    await page.keyboard.type("Wanda")
    await page.locator(".choice", has_text="Wanda Why").click()
    await expect(page.locator("dialog .tree-leaf")).to_contain_text("Customer: language is bg")
    await expect(page.locator("dialog")).to_contain_text("The conditions do not hold.")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Delete").click()
    await page.locator("dialog .danger").click()
    await expect(page.get_by_role("button", name="New rule")).to_be_visible()
    await expect(page.locator(".card-row", has_text=NAME)).to_have_count(0)
    await plan_follows_the_appointment(page, desk, wanda)
    # The server refused what was misspelt, which the browser notes.
    assert [one for one in complaints if "422" not in one] == []
    await context.close()


BRANCHED = """name: Everything in branches
trigger:
  before: appointment.starts_at
  by: 1d
  only: working_days
conditions:
  any:
  - field: customer.locale
    is: bg
  - not:
      field: customer.labels
      has: quiet
  - field: appointment.status
    in:
    - booked
    - confirmed
actions:
- if:
    all:
    - field: appointment.place
      is: here
  then:
  - ask:
      text: Will you come?
      answers:
      - then:
        - note: comes
        label: Yes
        value: yes
      - label: No
        value: no
      otherwise:
      - wait: 1h
      - send:
          text: Still there?
          calendar: Haircut
          fallback:
          - after: 10m
            channel: sms
  else:
  - set:
      customer.attributes.tier: gold
      customer.attributes.visits: 3
at_most:
  per: 1w
  times: 2
"""


async def fits_a_telephone(page: Page) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(wide) == 0
    await page.set_viewport_size({"width": 1440, "height": 900})


async def codes_stand_in_words(page: Page) -> None:
    """Either may be typed."""
    status = page.locator(".condition", has=page.locator("input[title='appointment.status']"))
    await expect(status.get_by_label("Value")).to_have_value("Booked, Confirmed")
    await status.get_by_label("Value").fill("Missed, booked")
    lead = page.get_by_label("How long: 30m, 24h, 1d")
    await expect(lead).to_have_value("1 day")
    await lead.fill("2 days")


async def stands_in_words(page: Page) -> None:
    """On its page, without a look at its form."""
    told = page.locator(".rule-told")
    for words in (
        "1 day before an appointment begins, on working days only",
        "Any of these",
        "Customer: labels has quiet",
        "Appointment: status is one of Booked, Confirmed",
        "Appointment: place is here",
        "Ask Will you come?",
        "Answer: Yes and No",
        "After “Yes”",
        "Write a note comes",
        "If no answer comes",
        "Wait 1 hour",
        "Then by: SMS (If not received after: 10 minutes)",
        "Otherwise",
        "customer.attributes.tier: gold",
        "2 / 1 week",
    ):
        await expect(told).to_contain_text(words)
    await settled(page)
    assert await faults_in_both_themes(page) == []
    await fits_a_telephone(page)


async def test_a_rules_page_tells_it_in_words(browser: Browser, desk: Desk) -> None:
    spec = (await desk.api("POST", "/rules/check", {"yaml": BRANCHED}))["spec"]
    rule = await desk.api("PUT", "/rules", spec)
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await page.goto(f"{desk.hub.url}/#/settings/rules/{rule['id']}")
    await stands_in_words(page)
    await desk.api("DELETE", f"/rules/{rule['id']}")
    assert complaints == []
    await context.close()


async def test_branches_are_edited_in_the_form(browser: Browser, desk: Desk) -> None:
    context, page, complaints = await signed_in(browser, desk.hub.url)
    await page.goto(f"{desk.hub.url}/#/settings/rules")
    await page.get_by_role("button", name="New rule").click()
    yaml = page.get_by_role("textbox", name="The rule in YAML")
    await page.get_by_role("button", name="YAML").click()
    await yaml.fill(BRANCHED)
    await page.get_by_role("button", name="Form").click()
    await expect(page.get_by_role("group", name="After “Yes”")).to_be_visible()
    # There and back changes nothing.
    await page.get_by_role("button", name="YAML").click()
    await expect(yaml).to_have_value(BRANCHED)
    await page.get_by_role("button", name="Form").click()
    await codes_stand_in_words(page)
    after_no = page.get_by_role("group", name="After “No”")
    await after_no.get_by_role("button", name="Add what to do").click()
    await page.locator(".choice", has_text="Wait").click()
    await after_no.get_by_label("How long").fill("5 hours")
    values = page.get_by_role("group", name="Otherwise").get_by_label("Value")
    await values.first.fill("silver")
    await values.nth(1).fill("4")
    await values.nth(1).blur()
    await settled(page)
    assert await faults_in_both_themes(page) == []
    await fits_a_telephone(page)
    await page.get_by_role("button", name="YAML").click()
    changed = BRANCHED.replace(
        "      - label: No\n", "      - then:\n        - wait: 5h\n        label: No\n"
    ).replace("tier: gold", "tier: silver")
    changed = changed.replace("by: 1d", "by: 2d").replace("visits: 3", "visits: 4")
    await expect(yaml).to_have_value(
        changed.replace("- booked\n    - confirmed\n", "- missed\n    - booked\n")
    )
    assert [one for one in complaints if "422" not in one] == []
    await context.close()
