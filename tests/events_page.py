"""Writes docs/events.md: the catalogue of events, from hub/events.py (`make events`)."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from hub import events
from hub.events import FOR_ONE, EventType
from hub.webhooks.enqueue import CALLED, TESTED

PAGE = Path(__file__).parents[1] / "docs" / "events.md"
_HEAD = """\
# Events

*Written by `make events` from `hub/events.py`.*

What happens in the hub is told in the same words and the same form to everybody who listens:
the console and other programs on `WS /api/v1/live`, and [webhooks](webhooks.md).

```json
{
  "seq": 4711,
  "type": "message.created",
  "id": "019a…",
  "occurred_at": "2026-05-03T09:00:00.000000Z",
  "customer_id": "019a…",
  "conversation_id": "019a…",
  "data": {"direction": "inbound", "entry": {"id": "019a…", "text": "…"}}
}
```

| field | means |
|---|---|
| `seq` | Number in the log, from 1 without gaps; `null` for what only one webhook is told |
| `type` | One of those below. New ones may come: pass over what you do not know |
| `id` | The event's id, the same however often it is told |
| `occurred_at` | When it happened, RFC 3339 in UTC |
| `customer_id`, `conversation_id` | Whom and what it is about, or `null` |
| `data` | What the table says |

Where an event is about one message, note or activity, `data` also holds it as `entry`, in the form
of `GET /customers/{id}/timeline`; `conversation.*` hold the `conversation`, in the form of
`GET /conversations/{id}`. Both are as they are when it is told, not as they were.

| type | when, and what `data` holds |
|---|---|
"""
_REST = """
Two more are told to a single webhook and to nobody else:

| type | when, and what `data` holds |
|---|---|
| `{called}` | A rule's action tells it something. data: what the rule names |
| `{tested}` | Somebody tries it in the console or with `POST /webhooks/{{id}}/test` |

Events marked ¹ are for one operator's own screens: no webhook is told of them.
"""


def page() -> str:
    rows = [
        f"| `{event}`{' ¹' if event in FOR_ONE else ''} | {_one_line(said)} |"
        for event, said in described()
    ]
    return _HEAD + "\n".join(rows) + "\n" + _REST.format(called=CALLED, tested=TESTED)


def described() -> Iterator[tuple[EventType, str]]:
    """Every event with the text below it in the source."""
    tree = ast.parse(inspect.getsource(events))
    [names] = [
        one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == "EventType"
    ]
    for line, below in zip(names.body, [*names.body[1:], None], strict=True):
        if isinstance(line, ast.Assign) and isinstance(name := line.targets[0], ast.Name):
            yield EventType[name.id], _text(below)


def _text(line: ast.stmt | None) -> str:
    if isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant):
        return str(line.value.value)
    return ""


def _one_line(said: str) -> str:
    words = " ".join(said.replace("|", "\\|").split())
    data, colon, facts = words.partition("data: ")
    if not colon:
        data, colon, facts = words.partition("Data: ")
    return f"{data}data: {facts}" if colon else words


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
