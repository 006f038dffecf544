"""The service as an ASGI app: addresses to answers, and one answer to everything that goes wrong.

All handlers are async and run on one thread, so that one reader serves them all; a read takes microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from importlib.metadata import version
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from jobs.publishing.website_reader import NothingPublished, WebsiteReader
from jobs.serving import openapi, responses
from jobs.serving.pages import Pages
from jobs.serving.requests import Refused, read_request
from jobs.serving.routes import ROUTES, ListRoute
from jobs.serving.storefront.pages import Shop
from jobs.telling import metrics
from jobs.words import listed, shown

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]
METHODS = ("GET", "HEAD")
STOREFRONT = "demo"
"""First word of the storefront's addresses."""


def make_app(runs: Path, max_age: int = 0) -> Starlette:
    """The service of one folder of runs. Call it on the thread that will run it.

    max_age  seconds for which a browser or the shop may keep a list without asking again; 0 = it asks every time
    """
    reader = WebsiteReader(runs)
    caching = f"private, max-age={max_age}" if max_age else responses.ASK_AGAIN
    pages = Pages(reader)
    routes = [
        *(Route(_pattern(route), _json(route, reader, caching)) for route in ROUTES),
        Route("/openapi.json", _document(caching)),
        Route("/metrics", _metrics(runs)),
        *(Route(path, page) for path, page in {"/": pages.api, **Shop(pages).endpoints()}.items()),
    ]
    app = Starlette(routes=routes, exception_handlers=_Wrong(pages).handlers)
    app.router.redirect_slashes = False  # a slash at the end belongs to the id
    return app


def _pattern(route: ListRoute) -> str:
    return route.prefix + "{key:path}" if route.key else route.path


def _json(route: ListRoute, reader: WebsiteReader, caching: str) -> Endpoint:
    """The endpoint of one address."""
    key = route.key.name if route.key else None
    parameters = [parameter.name for parameter in route.parameters]
    headers = {
        "Cache-Control": caching if route.kept else responses.NEVER_KEEP,
        "Content-Security-Policy": responses.NOTHING_LOADED,
    }
    ours = version("boxwise")

    async def endpoint(request: Request) -> Response:
        wanted = read_request(request.scope, key, parameters)
        stamp, found = responses.of_one_release(reader, lambda: route.read(reader, wanted))
        body = responses.json_text(found)
        if not route.kept:
            return Response(body, headers={**responses.ALWAYS, **headers}, media_type="application/json")
        etag = responses.tag(ours, stamp, request.scope["raw_path"], request.scope["query_string"])
        return responses.body_or_304(request, body, "application/json", etag, headers)

    return endpoint


def _document(caching: str) -> Endpoint:
    body = responses.json_text(openapi.document())
    headers = {"Cache-Control": caching, "Content-Security-Policy": responses.NOTHING_LOADED}

    async def endpoint(request: Request) -> Response:
        read_request(request.scope, None, ())
        return responses.body_or_304(request, body, "application/json", responses.tag(body), headers)

    return endpoint


def _metrics(runs: Path) -> Endpoint:
    headers = {**responses.ALWAYS, "Cache-Control": responses.NEVER_KEEP, "Content-Type": metrics.MEDIA_TYPE}

    async def endpoint(request: Request) -> Response:
        read_request(request.scope, None, ())
        return Response(metrics.metrics_text(runs), headers=headers)

    return endpoint


class _Wrong:
    """What is answered when something is wrong: a page to who looks at the storefront, a line of JSON to all others."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self.handlers: Any = {
            Refused: self._refused,
            NothingPublished: self._unpublished,
            HTTPException: self._http,
            Exception: self._bug,
        }

    def _told(self, request: Request, status: int, line: str, headers: dict[str, str] | None = None) -> Response:
        path = request.scope["path"]
        if request.method in METHODS and (path == "/" or path.split("/")[1:2] == [STOREFRONT]):
            return self._pages.refusal(status, line)
        return responses.error(status, line, headers)

    async def _refused(self, request: Request, refused: Refused) -> Response:
        return self._told(request, refused.status, refused.line)

    async def _unpublished(self, request: Request, refusal: NothingPublished) -> Response:
        """Nothing to serve yet: the service stays up, and answers once a night has published."""
        return self._told(request, 503, " ".join(refusal.lines), {"Retry-After": "60"})

    async def _http(self, request: Request, fault: HTTPException) -> Response:
        if fault.status_code == 405:
            expected = ", ".join(METHODS)
            line = f"method: found {shown(request.method)}, expected {expected}"
            return self._told(request, 405, line, {"Allow": expected})
        known = listed([*(route.path for route in ROUTES), "/openapi.json", "/metrics", f"/{STOREFRONT}", "/"])
        return self._told(
            request, fault.status_code, f"address: found {shown(request.scope['path'])}, expected {known}"
        )

    async def _bug(self, request: Request, _bug: Exception) -> Response:
        """The traceback goes to the operator's log, not over the wire."""
        return self._told(request, 500, "the service has failed at this; its log says why")
