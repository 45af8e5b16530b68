"""A mail's HTML as a page for a frame: what it may fetch, and how it looks in the dark.

A channel holds remote images back as `data-remote-src` and names those that came along by
`data-cid` (RFC 2392); here they get their addresses. The page has a policy of its own, which a
frame of `srcdoc` could not have: it would inherit the console's, and lose every colour.
"""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

REMOTE = "data-remote-src"
_HELD_BACK = re.compile(r'\bdata-remote-src="([^"]*)"')
_CAME_ALONG = re.compile(r'\bdata-cid="([^"]*)"')
_COLOURED = re.compile(r"\bbgcolor\s*=|background|(?<!-)\bcolor\s*[:=]", re.IGNORECASE)
"""A mail that chose colours chose them for white paper."""

_STYLE = """
html { color-scheme: light; background: #fff; color: #1d2129; }
html.plain { color-scheme: light dark; background: transparent; color: CanvasText; }
body { margin: 0; padding: 2px; font: 14px/20px system-ui, sans-serif; overflow-wrap: anywhere; }
html:not(.plain) body { padding: 12px; }
img { max-width: 100%; height: auto; }
img:not([src]) { border: 1px dashed #9aa0aa; border-radius: 4px; padding: 2px 6px; }
table { max-width: 100%; }
blockquote { margin: 0 0 0 4px; padding-left: 12px; border-left: 2px solid #9aa0aa; }
pre { white-space: pre-wrap; }
"""


@dataclass(frozen=True, slots=True)
class MailPage:
    """The page, and the policy (Content-Security-Policy) it is served under."""

    text: str
    policy: str


def mail_page(
    source: str, files: Mapping[str, str], *, images: bool, link: Callable[[str], str]
) -> MailPage:
    """`source`: sanitised HTML; `files`: ids of files by content id; `link`: a file's address.

    images: whether those from elsewhere are fetched, which tells their senders that it was read.
    """

    def own(found: re.Match[str]) -> str:
        file_id = files.get(html.unescape(found[1]).strip("<> "))
        return f'src="{html.escape(link(file_id))}"' if file_id else found[0]

    shown = _CAME_ALONG.sub(own, source)
    if images:
        shown = _HELD_BACK.sub(r'src="\1"', shown)
    paper = "" if _COLOURED.search(source) else ' class="plain"'
    text = (
        f'<!doctype html><html{paper}><head><meta charset="utf-8">'
        f'<meta name="referrer" content="no-referrer"><base target="_blank">'
        f"<style>{_STYLE}</style></head><body>{shown}</body></html>"
    )
    return MailPage(text, policy(images=images))


def policy(*, images: bool) -> str:
    """No script, no form, no frame; images of ours, and others only when asked for."""
    elsewhere = " https: http:" if images else ""
    return "; ".join(
        [
            "default-src 'none'",
            "style-src 'unsafe-inline'",
            f"img-src 'self' data:{elsewhere}",
            "form-action 'none'",
            "frame-ancestors 'self'",
            # With its origin, so that the console can see how high it is; without scripts.
            "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox",
        ]
    )
