"""The storefront, `/demo`: what a shop would build on the website's tables in a day, every page made on the server.

It shows what is in the tables and nothing else: the next box, what was picked, what sells best, what goes together.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from jobs.serving import responses
from jobs.serving.pages import Context, Pages
from jobs.serving.requests import Refused, checked_id
from jobs.serving.storefront.address import Address, read_address
from jobs.serving.storefront.cards import Card, cards, products_of
from jobs.words import shown

MANY, FEW = 12, 6
"""Products on a page's main shelf, and on the shelves below it."""
MOST_CUSTOMERS, MOST_SEGMENTS = 24, 16
"""Choices on the first page; the page of bestsellers has every segment."""
Reading = Callable[[Address, dict[str, str]], tuple[Address, Context]]


class Shop:
    """The storefront's pages."""

    def __init__(self, pages: Pages) -> None:
        self._pages, self._reader = pages, pages.reader

    def endpoints(self) -> dict[str, Callable[[Request], Coroutine[Any, Any, Response]]]:
        """Which page answers at which address."""
        return {
            "/demo": self.home,
            "/demo/customer": self.customer,
            "/demo/visitor": self.visitor,
            "/demo/product": self.product,
            "/demo/basket": self.basket,
        }

    async def home(self, request: Request) -> Response:
        """Who is shopping? The one customer whose id was meant is greeted at once."""
        address, own = read_address(request.scope["query_string"])
        if own["q"] and self._reader.customers(own["q"], 2) == [own["q"]]:
            return responses.elsewhere(address.by("").link("/customer", id=own["q"]))
        return self._page(request, "home.html", self._home)

    async def customer(self, request: Request) -> Response:
        """A customer's box and picks; someone we do not know sees what sells best."""
        return self._page(request, "customer.html", self._customer)

    async def visitor(self, request: Request) -> Response:
        """What sells best, to everyone or in a segment: all we can say to someone we do not know."""
        return self._page(request, "visitor.html", self._visitor)

    async def product(self, request: Request) -> Response:
        """One product, what goes with it and what is like it."""
        return self._page(request, "product.html", self._product)

    async def basket(self, request: Request) -> Response:
        """The basket, and what completes it."""
        return self._page(request, "basket.html", self._basket)

    def _page(self, request: Request, template: str, reading: Reading) -> Response:
        def read() -> Context:
            address, context = reading(*read_address(request.scope["query_string"]))
            return {"address": address, "here": template.removesuffix(".html"), **context}

        return self._pages.answer(request, template, read)

    def _home(self, address: Address, own: dict[str, str]) -> tuple[Address, Context]:
        found = self._reader.customers(own["q"], MOST_CUSTOMERS + 1)
        return address, {
            "asked": own["q"],
            "customers": found[:MOST_CUSTOMERS],
            "more": len(found) > MOST_CUSTOMERS,
            "segments": self._segments()[:MOST_SEGMENTS],
            "bestsellers": self._bestsellers("", FEW),
        }

    def _customer(self, address: Address, own: dict[str, str]) -> tuple[Address, Context]:
        customer_id = checked_id("id", own["id"])
        picks = self._reader.read("recommendations", customer_id)
        found = self._reader.boxes(customer_id)
        boxes = (
            [self._box(name, items) for name, items in zip(found.box_ids, found.boxes, strict=True)] if found else []
        )
        return address.by(customer_id), {
            "customer_id": customer_id,
            "known": picks is not None,
            "boxes": [box for box in boxes if box["cards"]],
            "several": len(boxes) > 1,
            "unseen": sum(box["unseen"] for box in boxes),
            "picks": cards(self._reader, picks.items, MANY) if picks else self._bestsellers("", MANY),
        }

    def _box(self, name: str, items: list[dict[str, Any]]) -> Context:
        """One box: what it is called, its products that the shop shows now, and how many more it holds."""
        seen = [item for item in items if not self._reader.is_hidden(item["product_id"])]
        return {"name": name, "cards": cards(self._reader, seen), "unseen": len(items) - len(seen)}

    def _visitor(self, address: Address, _own: dict[str, str]) -> tuple[Address, Context]:
        segments = self._segments()
        if address.segment and address.segment not in segments:
            raise Refused(404, f"segment: found {shown(address.segment)}, expected one of the page before")
        best = self._bestsellers(address.segment, MANY)
        return address.among(address.segment), {"segments": segments, "bestsellers": best}

    def _product(self, address: Address, own: dict[str, str]) -> tuple[Address, Context]:
        product_id = checked_id("id", own["id"])
        similar, goes_with = (self._reader.read(table, product_id) for table in ("similar_products", "goes_with"))
        if similar is None or goes_with is None or self._reader.is_hidden(product_id):
            raise Refused(404, f"id: found {shown(product_id)}, expected a product that the shop shows now")
        beside = cards(self._reader, goes_with.items, FEW)
        return address, {
            "card": products_of(self._reader, [product_id])[product_id],
            "goes_with": beside,
            "similar": cards(self._reader, similar.items, FEW, without=[card.product_id for card in beside]),
        }

    def _basket(self, address: Address, _own: dict[str, str]) -> tuple[Address, Context]:
        reader = self._reader
        sold = [
            one for one in address.basket if reader.read("goes_with", one) is not None and not reader.is_hidden(one)
        ]
        known = products_of(reader, sold)
        lines = [(known[product_id], address.without(product_id)) for product_id in sold]
        completes = cards(reader, reader.basket(sold).items, FEW, without=address.basket) if sold else []
        taken = (*address.basket, *(card.product_id for card in completes))
        picks = reader.read("recommendations", address.customer)
        return address, {
            "lines": lines,
            "gone": [(one, address.without(one)) for one in address.basket if one not in known],
            "completes": completes,
            "picked": picks is not None,
            "more": cards(reader, picks.items, FEW, taken) if picks else self._bestsellers(address.segment, FEW, taken),
        }

    def _segments(self) -> list[str]:
        return [segment for segment in self._reader.segments() if segment]

    def _bestsellers(self, segment: str, most: int, without: tuple[str, ...] = ()) -> list[Card]:
        found = self._reader.read("bestsellers", segment) or self._reader.read("bestsellers", "")
        return cards(self._reader, found.items if found else [], most, without)
