"""docs/templates.md: the example is a template, and the lists there are the lists there are."""

import re
from pathlib import Path

import yaml

from hub.rendering.filters import FILTERS
from hub.templates import samples
from hub.templates.shipped import shipped
from hub.templates.spec import check_template, parse
from hub.templates.wording import Reader, word
from tests.unit.templates.test_shipped import NOW

PAGE = (Path(__file__).parents[3] / "docs" / "templates.md").read_text("utf-8")


def test_the_example_works() -> None:
    (source,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    template = parse(yaml.safe_load(source))
    check_template(template)
    wording = word(template, samples.full("order", "en", NOW), Reader("en", ""))
    assert wording.everywhere.text == "Order 1043 waits for you."
    assert 'href="https://example.com/track/1043"' in wording["email"].html


def test_every_filter_and_every_shipped_template_is_told() -> None:
    told = set(re.findall(r"`([a-z-]+)`", PAGE))
    assert set(FILTERS) <= told
    assert set(shipped()) <= told
