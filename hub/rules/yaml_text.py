"""Rules as YAML text: read one or many documents, write the same again."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from typing_extensions import override

from hub.errors import HubError, Invalid
from hub.rules.spec import Spec, parse

LARGEST = 1024 * 1024
"""Characters of a file."""
LARGEST_DRAFT = 20_000
"""Characters of one rule, read while others wait."""
_DEEPEST = 60
_ORDER = (
    "name", "enabled", "trigger", "conditions", "actions", "key", "late", "coalesce", "at_most",
    "join", "on", "before", "after", "by", "only", "cron", "zone", "field", "if", "then", "else",
    "template", "text", "purpose", "channel",
)  # fmt: skip
"""As people write it; the database keeps no order."""


class _Loader(yaml.SafeLoader):
    """YAML 1.2 in the one point that matters here: `on` is a word, only true and false are not.

    No aliases: nine lines of them can stand for a billion values. No tags: a rule needs none, and
    PyYAML breaks over what does not fit them. No brackets in brackets without end: it looks far
    ahead in each.
    """

    _depth = 0

    @override
    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not taken in rules")
        tag = getattr(self.peek_event(), "tag", None)  # type: ignore[no-untyped-call]
        if tag is not None:
            raise yaml.YAMLError("tags (!name) are not taken in rules")
        if self._depth == _DEEPEST:
            raise yaml.YAMLError(f"more than {_DEEPEST} things within each other")
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    @override
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The second of two would replace the first without a word."""
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                line = key.start_mark.line + 1
                raise yaml.YAMLError(f"`{key.value}` stands twice, in line {line}")
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else "")
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """The same for writing: `on` needs no quotes."""


_BOOL = "tag:yaml.org,2002:bool"
for _one in (_Loader, _Dumper):
    _one.yaml_implicit_resolvers = {
        first: [pair for pair in pairs if pair[0] != _BOOL]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    _one.add_implicit_resolver(_BOOL, re.compile(r"(?:true|false)$"), list("tf"))


def read(text: str, source: str) -> list[Spec]:
    """Every document of `text`; raises Invalid saying which one is wrong and where."""
    if len(text) > LARGEST:
        raise Invalid(f"{source} is larger than any set of rules.")
    try:
        # Safe: the loader is SafeLoader's child.
        documents = [one for one in yaml.load_all(text, _Loader) if one is not None]
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Invalid(f"{source} is not YAML: {error}") from error
    if not documents:
        raise Invalid(f"{source} holds no rule.")
    specs = [_spec(document, number, source) for number, document in enumerate(documents, 1)]
    twice = [name for name, times in Counter(spec.name for spec in specs).items() if times > 1]
    if twice:
        raise Invalid(
            f"{source} holds two rules of the name `{twice[0]}`.",
            remedy="Give each a name of its own: the second would replace the first.",
        )
    return specs


def _spec(document: object, number: int, source: str) -> Spec:
    try:
        return parse(document)
    except HubError as error:
        message = f"{source}, document {number}: {error}"
        raise Invalid(message, remedy=error.remedy, fields=error.fields) from error


def write(rules: Sequence[Mapping[str, Any]]) -> str:
    """The rules as one file that `read` takes; each as stored, `enabled` only where it is off."""
    return yaml.dump_all(
        [_ordered(_shown(one)) for one in rules],
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        width=100,
        explicit_start=len(rules) > 1,
    )


def _shown(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in rule.items() if name != "enabled" or not value}


def _ordered(value: Any) -> Any:  # noqa: ANN401 - JSON
    match value:
        case dict():
            names = [*(one for one in _ORDER if one in value), *sorted(value.keys() - {*_ORDER})]
            return {name: _ordered(value[name]) for name in names}
        case list():
            return [_ordered(one) for one in value]
        case _:
            return value
