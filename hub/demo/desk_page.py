"""What the pages of the demo's shop and booking desk have in common: words, clothes, caution."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub import resources

LOCALES = {"en": "English", "ru": "Русский", "bg": "Български"}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # `no-referrer` would also empty the Origin of our own form.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """words: by language. links: to the hub (`hub`) and the pages of its twins (`twins`)."""

    links: Mapping[str, object]
    words: Mapping[str, Mapping[str, str]]
    css: str
    templates: Environment

    @classmethod
    def open(cls, links: Mapping[str, object]) -> "Desk":
        folder = resources.path("templates") / "demo"
        return cls(
            links,
            resources.words("demo", "words.yaml"),
            (folder / "shop.css").read_text(encoding="utf-8"),
            Environment(
                loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined
            ),
        )

    def page(
        self,
        template: str,
        locale: str,
        facts: Mapping[str, object],
        status: int = 200,
        *,
        policy: str = "",
    ) -> web.Response:
        """The page in that language. policy: a Content-Security-Policy of its own."""
        text = self.templates.get_template(template).render(
            locale=locale, locales=LOCALES, words=self.words[locale], **self.links, **facts
        )
        headers = {**HEADERS, **({"Content-Security-Policy": policy} if policy else {})}
        return web.Response(text=text, content_type="text/html", status=status, headers=headers)


def locale_of(request: web.Request) -> str:
    wished = request.query.get("lang") or request.headers.get("Accept-Language") or ""
    found = re.search(r"\b(en|ru|bg)\b", wished.lower())
    return found[1] if found else "en"


def require_own_page(request: web.Request) -> None:
    """Another site's page must not press our buttons; a browser tells where a form was."""
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if site != "same-origin" or (origin and urlsplit(origin).netloc != request.host):
        raise web.HTTPForbidden(text="This came from a page of another site.")
