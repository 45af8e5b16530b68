"""Whether a page of a mail holds only what may stay in one, as a browser's parser reads it."""

import nh3

from channels.email.parsing import sanitise

_FORBIDDEN = {
    "base", "body", "button", "embed", "form", "frame", "iframe", "input", "link", "math", "meta",
    "noscript", "object", "script", "select", "style", "svg", "template", "textarea", "title",
    "video", "xmp",
}  # fmt: skip
_ACTING = {"action", "background", "id", "onclick", "onerror", "onload", "src", "srcset", "title"}
_LENIENT = nh3.Cleaner(
    tags=sanitise.TAGS | _FORBIDDEN,
    attributes={
        **sanitise.ATTRIBUTES,
        "*": sanitise.ATTRIBUTES["*"] | _ACTING,
        "a": sanitise.ATTRIBUTES["a"] | {"href", "target"},
    },
    clean_content_tags=set(),
    strip_comments=False,
    url_schemes=sanitise.SCHEMES | {"javascript", "vbscript", "file", "cid"},
    link_rel=sanitise.REL,
)


def is_harmless(page: str) -> bool:
    """What would be taken out if it were there is not there: then both cleaners agree."""
    return _LENIENT.clean(page) == sanitise.CLEANER.clean(page)
