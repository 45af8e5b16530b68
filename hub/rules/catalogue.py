"""What a rule can be made of, for whoever builds one: triggers, fields, comparisons, actions."""

from typing import Any

from hub.rules import fields, operators, steps, triggers


def shown() -> dict[str, Any]:
    """`{"events", "moments", "fields", "comparisons", "actions"}`, as `GET /rules/catalogue`.

    fields: by object kind, {name: kind}; a name that ends in `.*` stands for any name.
    """
    events = {name: triggers.object_kind(name) for name in triggers.names()}
    return {
        "events": [{"name": name, "object": kind} for name, kind in events.items()],
        "moments": triggers.moments(),
        "fields": {
            kind: {name: str(one) for name, one in fields.of_object(kind).items()}
            for kind in fields.OBJECTS
        },
        "comparisons": {
            name: [str(one) for one in kinds] for name, kinds in operators.FITS.items()
        },
        "actions": list(steps.KINDS),
    }
