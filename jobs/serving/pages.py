"""What all pages share: templates, one style inside the page, and the promise that nothing is loaded from anywhere.

The promise is kept by the browser: the policy sent along allows the page's own style, by its hash, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from jobs.publishing.website_reader import WebsiteReader
from jobs.serving import responses
from jobs.serving.routes import ROUTES
from jobs.serving.storefront.address import Address
from jobs.serving.storefront.tiles import HUES
from jobs.templates import environment

TEMPLATES = Path(__file__).parent / "templates"
Context = dict[str, Any]
TITLES = {404: "We could not find that", 503: "The shop opens soon"}


class Pages:
    """The pages of the service, read from one reader."""

    def __init__(self, reader: WebsiteReader) -> None:
        self.reader = reader
        templates = environment(TEMPLATES)
        templates.filters["spoken"] = spoken
        self.template = templates.get_template
        style = templates.get_template("style.css").render(hues=HUES)
        templates.globals["style"] = style
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        self.headers = {
            "Cache-Control": responses.ASK_AGAIN,
            "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        }

    def answer(self, request: Request, template: str, read: Callable[[], Context]) -> Response:
        """A page of what `read` reads, all of one release."""
        _, context = responses.of_one_release(self.reader, lambda: {"state": self.reader.state(), **read()})
        body = self.template(template).render(context).encode()
        return responses.body_or_304(request, body, "text/html", responses.tag(body), self.headers)

    def refusal(self, status: int, line: str) -> Response:
        """An error as a page of the storefront."""
        title = TITLES.get(status, "That did not work")
        body = self.template("refusal.html").render(title=title, line=line, address=Address(), state=None, here="")
        headers = {**responses.ALWAYS, **self.headers, "Cache-Control": responses.NEVER_KEEP}
        return Response(body, status, headers, "text/html")

    async def api(self, request: Request) -> Response:
        """`/`: what can be asked for, with examples of the current release."""

        def read() -> Context:
            customer = next(iter(self.reader.customers("", 1)), "")
            found = self.reader.read("recommendations", customer)
            products = [item["product_id"] for item in (found.items if found else [])[:2]]
            segment = next((name for name in self.reader.segments() if name), "")
            return {"routes": [(route, examples(route.path, customer, products, segment)) for route in ROUTES]}

        return self.answer(request, "api.html", read)


def examples(path: str, customer: str, products: list[str], segment: str) -> str:
    """An address to try, of the current release; '' where the release has nothing to ask for."""
    product = next(iter(products), "")
    filled = {"{customer_id}": customer, "{product_id}": product}
    for name, value in filled.items():
        if name in path and not value:
            return ""
        path = path.replace(name, quote(value, safe=""))
    more = {
        "/basket": [("product_id", own) for own in products],
        "/bestsellers": [("segment", segment)] * bool(segment),
    }
    pairs = more.get(path, [])
    return f"{path}?{urlencode(pairs, quote_via=quote)}" if pairs else "" if path == "/basket" else path


def spoken(segment: str) -> str:
    """A segment in words: `hair_type=curly` is hair type: curly."""
    column, _, value = segment.partition("=")
    return f"{column.replace('_', ' ')}: {value}"
