"""The status page: one document with its style and script in it, that a browser lets nothing else into."""

import base64
import hashlib
from functools import cache
from importlib.resources import files

from spacecast.service.monitoring.exchange import Reply

_PARTS = {"style": "page.css", "script": "page.js"}


@cache
def page_reply() -> Reply:
    """Return the page; its policy allows this style and this script, by their digests, and requests to this server."""
    place = files(__name__)
    page = place.joinpath("page.html").read_text(encoding="utf-8")
    digests = {}
    for tag, name in _PARTS.items():
        content = f"\n{place.joinpath(name).read_text(encoding='utf-8')}"
        page = page.replace(f"<{tag}></{tag}>", f"<{tag}>{content}</{tag}>")
        digests[tag] = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digests['style']}'; script-src 'sha256-{digests['script']}'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return Reply(page.encode(), "text/html; charset=utf-8", headers={"Content-Security-Policy": policy})
