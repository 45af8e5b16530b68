"""The language of templates: what may stand in one, checked when saved, bounded when filled in."""

from hub.rendering.bounds import MAX_OUTPUT, MAX_SOURCE
from hub.rendering.filling import render, render_html
from hub.rendering.language import Kind, check
from hub.rendering.locales import DEFAULT_LOCALE, babel_locale, tags

__all__ = [
    "DEFAULT_LOCALE",
    "MAX_OUTPUT",
    "MAX_SOURCE",
    "Kind",
    "babel_locale",
    "check",
    "render",
    "render_html",
    "tags",
]
