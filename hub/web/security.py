"""Headers that keep a browser from doing with our answers what we did not mean."""

from aiohttp import web

PAGE_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
"""Of our own pages. A channel that serves pages of its own (the chat) says its own policy."""


async def on_prepare(_request: web.Request, response: web.StreamResponse) -> None:
    """For every answer, whoever made it; what it says itself stays."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    # Not `no-referrer`: then forms of our own would come with `Origin: null`.
    response.headers.setdefault("Referrer-Policy", "same-origin")
    # The name and version of the server help nobody but an attacker.
    response.headers.pop("Server", None)


def page_headers() -> dict[str, str]:
    return {
        "Content-Security-Policy": PAGE_POLICY,
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
