"""An address of the storefront: who looks at it and what is in the basket stand there, the service keeps nothing.

So a page can be sent to a colleague, opened twice, and read back; and nobody needs a cookie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from jobs.serving.requests import Refused, checked_id, read_query

MOST_IN_BASKET = 12
"""Products in the storefront's basket."""
KNOWN = ("id", "q", "for", "segment", "in")


@dataclass(frozen=True)
class Address:
    """What an address of the storefront says.

    customer  the customer who is shopping; '' = someone we do not know
    segment   of the bestsellers shown to someone we do not know; '' = everyone's
    basket    product ids, in the order they were put in, each once
    """

    customer: str = ""
    segment: str = ""
    basket: tuple[str, ...] = ()

    def link(self, page: str, **more: str) -> str:
        """The address of a page that keeps who is looking and what is in the basket."""
        pairs = [(name, value) for name, value in more.items() if value]
        pairs += [("for", self.customer)] if self.customer else []
        pairs += [("segment", self.segment)] if self.segment and "segment" not in more else []
        pairs += [("in", product_id) for product_id in self.basket]
        return f"/demo{page}" + (f"?{urlencode(pairs, quote_via=quote)}" if pairs else "")

    @property
    def full(self) -> bool:
        """Does the basket hold as much as it may?"""
        return len(self.basket) >= MOST_IN_BASKET

    def having(self, product_id: str) -> Address:
        """The same with one more product in the basket."""
        return replace(self, basket=tuple(dict.fromkeys([*self.basket, product_id])))

    def without(self, product_id: str) -> Address:
        """The same with that product taken out."""
        return replace(self, basket=tuple(own for own in self.basket if own != product_id))

    def by(self, customer: str) -> Address:
        """The same basket, looked at by another customer; '' = someone we do not know."""
        return replace(self, customer=customer, segment="")

    def among(self, segment: str) -> Address:
        """The same basket, looked at by someone of a segment whom we do not know."""
        return replace(self, customer="", segment=segment)


def read_address(query_string: bytes) -> tuple[Address, dict[str, Any]]:
    """Who looks and what is in the basket, and the page's own words: `id` and `q`, '' where they are not there.

    Parameters that we do not know are left alone: shops' links carry those of others.

    Raises Refused (400) for what is no id, a broken encoding or too full a basket.
    """
    query = read_query(query_string, KNOWN, others="ignore")
    basket = tuple(dict.fromkeys(checked_id("in", value) for value in query.get("in", ())))
    if len(basket) > MOST_IN_BASKET:
        raise Refused(400, f"in: found {len(basket)} products in the basket, expected at most {MOST_IN_BASKET}")
    customer = _first(query.get("for", ()))
    address = Address(checked_id("for", customer) if customer else "", _first(query.get("segment", ())), basket)
    return address, {"id": _first(query.get("id", ())), "q": _first(query.get("q", ())).strip()}


def _first(values: Sequence[str]) -> str:
    return values[0] if values else ""
