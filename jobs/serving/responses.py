"""HTTP answers: JSON and pages with their headers, "not changed" for who has it already, refusals in one line of JSON.

Nothing may be kept without asking again unless the operator says so: a shop never shows last night's list after a swap.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from jobs.publishing.website_reader import WebsiteReader

T = TypeVar("T")
ASK_AGAIN, NEVER_KEEP = "no-cache", "no-store"
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # addresses hold customer ids
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Headers of every answer."""
NOTHING_LOADED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
TURNS = 5
"""How often an answer is read again because a release, or what is hidden, turned meanwhile."""


def of_one_release(reader: WebsiteReader, read: Callable[[], T]) -> tuple[str, T]:
    """What `read` reads, and the stamp that held before and after it: an answer never mixes two nights.

    Raises NothingPublished, and whatever `read` raises.
    """
    for _ in range(TURNS):
        stamp = reader.state().stamp
        answer = read()
        if reader.state().stamp == stamp:
            break
    return stamp, answer


def tag(*parts: bytes | str) -> str:
    """An ETag: the same parts, the same tag."""
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        piece = part.encode() if isinstance(part, str) else part
        digest.update(len(piece).to_bytes(4, "big") + piece)
    return f'"{digest.hexdigest()}"'


def body_or_304(request: Request, body: bytes, kind: str, etag: str, headers: Mapping[str, str]) -> Response:
    """200 with the body, or 304 without it where the asker has this very answer."""
    every = {**ALWAYS, **headers, "ETag": etag}
    if _has_it(request, etag):
        return Response(status_code=304, headers=every)
    return Response(body, headers=every, media_type=kind)


def elsewhere(address: str) -> Response:
    """See there instead."""
    return Response(status_code=303, headers={**ALWAYS, "Cache-Control": NEVER_KEEP, "Location": address})


def json_text(body: object) -> bytes:
    """Compact JSON on one line."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def error(status: int, line: str, headers: Mapping[str, str] | None = None) -> Response:
    """A refusal: `{"error": "where: found this, expected that"}`."""
    every = {**ALWAYS, "Content-Security-Policy": NOTHING_LOADED, "Cache-Control": NEVER_KEEP, **(headers or {})}
    return Response(json_text({"error": line}), status, every, "application/json")


def _has_it(request: Request, etag: str) -> bool:
    """Does If-None-Match name this tag? Weak tags count as the same (RFC 9110, 13.1.2)."""
    named = [part.strip() for value in request.headers.getlist("if-none-match") for part in value.split(",")]
    return "*" in named or etag in {part.removeprefix("W/") for part in named}
