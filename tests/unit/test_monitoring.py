"""Metrics, alarms and lines of the log: docs, alert rules and dashboard name what there is."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from hub.alerts.incidents import PATTERNS
from hub.web.gauges import COUNTED

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "docker" / "monitoring"
OPERATING = (ROOT / "docs" / "operating.md").read_text("utf-8")
SAMPLES = {"Counter": ("_total",), "Gauge": ("",), "Histogram": ("_bucket", "_sum", "_count")}
"""What a metric of a kind is called in the answer, behind its name."""


def sources(*folders: str) -> Iterator[str]:
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield file.read_text("utf-8")


def calls(*folders: str) -> Iterator[ast.Call]:
    for source in sources(*folders):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call):
                yield node


def first_word(call: ast.Call) -> str:
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


METRICS = {f"besedka_{one.name}" for one in COUNTED} | {
    first_word(one) + end
    for one in calls("hub/web")
    if first_word(one).startswith("besedka_")
    for end in SAMPLES.get(called(one), ())
}


def named(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w/.])besedka_[a-z_]+", text))


def alerts() -> list[dict[str, str]]:
    [group] = yaml.safe_load((MONITORING / "alerts.yaml").read_text("utf-8"))["groups"]
    rules: list[dict[str, str]] = group["rules"]
    return rules


def explained() -> dict[str, str]:
    """The table of alarms: under which name each is told by the hub itself."""
    found = re.findall(r"^\| `(Besedka\w+)` \|.*\| (?:`([\w-]+)` )?\|$", OPERATING, re.MULTILINE)
    assert found
    return dict(found)


def test_what_is_counted_is_found_in_the_code() -> None:
    assert {"besedka_loop_up", "besedka_http_requests_total", "besedka_quarantine"} <= METRICS


def test_pages_name_metrics_that_there_are() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    # A channel of somebody else is a package of this name.
    there = METRICS | {"besedka_postcard"}
    assert {
        page.name: named(page.read_text("utf-8")) - there
        for page in pages
        if named(page.read_text("utf-8")) - there
    } == {}
    assert len(named(OPERATING)) >= 3


def test_alerts_are_about_what_there_is() -> None:
    for alert in alerts():
        assert named(alert["expr"]) <= METRICS


def test_the_dashboard_shows_all_there_is() -> None:
    board = json.loads((MONITORING / "dashboard.json").read_text("utf-8"))
    shown = {
        name
        for panel in board["panels"]
        for one in panel["targets"]
        for name in named(one["expr"])
    }
    unneeded = {"besedka_http_request_seconds_count", "besedka_http_request_seconds_sum"}
    assert shown == METRICS - unneeded


def test_each_alert_is_explained_and_nothing_else() -> None:
    names = [alert["alert"] for alert in alerts()]
    assert sorted(explained()) == sorted(names)


def test_what_the_hub_tells_by_itself_is_explained() -> None:
    assert sorted(filter(None, explained().values())) == sorted(PATTERNS)


def test_lines_of_the_log_that_one_looks_for_are_written() -> None:
    looked_for = set(re.findall(r"`([a-z]+\.[a-z_]+)`", OPERATING))
    assert len(looked_for) >= 4
    written = "\n".join(sources("hub", "channels"))
    assert [one for one in looked_for if f'"{one}"' not in written] == []
