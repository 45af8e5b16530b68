"""What the demo's site lets its browser load: itself, and the hub's chat."""

import pytest

from hub.demo.shop_page import site_policy


@pytest.mark.parametrize(
    ("hub_url", "script", "connect"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "ws://127.0.0.1:8080"),
        ("https://hub.example/desk", "https://hub.example", "wss://hub.example"),
    ],
)
def test_the_hub_is_the_only_other_source(hub_url: str, script: str, connect: str):
    policy = dict(part.split(" ", 1) for part in site_policy(hub_url).split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == script
    assert policy["connect-src"] == f"{script} {connect}"
    assert policy["img-src"] == f"data: {script}"
    assert "unsafe" not in str(policy)
