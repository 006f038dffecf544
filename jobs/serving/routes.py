"""Every address of the service in one table: who answers it, what it takes, what it gives, in words.

The routes, the page about them and the OpenAPI document all come from here, so that none can tell another story.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jobs.publishing.website_reader import WebsiteReader
from jobs.serving import lists
from jobs.serving.requests import MOST_CHARACTERS, MOST_IN_BASKET, ListRequest

Schema = dict[str, Any]


@dataclass(frozen=True)
class Parameter:
    """A parameter: its name in the address, what it means, may it be repeated."""

    name: str
    words: str
    many: bool = False


@dataclass(frozen=True)
class ListRoute:
    """One address that answers in JSON.

    path        with its key in braces, e.g. /similar/{product_id}
    read        makes the answer
    title, words  what it gives, in a line, and what is worth knowing
    gives       the answer's schema by name, see `SCHEMAS`
    key         what the key is; None = the path has none
    parameters  after the question mark
    refuses     status -> when, beside those every address has
    kept        may the answer be kept and asked for again by its ETag
    """

    path: str
    read: Callable[[WebsiteReader, ListRequest], lists.Json]
    title: str
    words: str
    gives: str
    key: Parameter | None = None
    parameters: tuple[Parameter, ...] = ()
    refuses: dict[int, str] = field(default_factory=dict)
    kept: bool = True

    @property
    def name(self) -> str:
        """The first word of the path."""
        return self.path.split("/")[1]

    @property
    def prefix(self) -> str:
        """The path before its key."""
        return self.path.split("{")[0]


CUSTOMER = Parameter("customer_id", "The customer's id, percent-encoded.")
PRODUCT = Parameter("product_id", "The product's id, percent-encoded.")
BASKET = Parameter("product_id", "A product in the basket; once for each.", many=True)
SEGMENT = Parameter("segment", "column=value, as in [website] segments; empty or left out = everyone.")
NO_SEGMENT = "No bestsellers are listed for such a segment."
NO_PRODUCT = "The catalogue of this release has no such product."

ROUTES: tuple[ListRoute, ...] = (
    ListRoute(
        "/recommendations/{customer_id}", lists.recommendations, "What a customer may like",
        "Who is not known gets what sells best in the segment, or to everyone where the release has no such segment; "
        "source and segment say what it is.",
        "Recommendations", CUSTOMER, (SEGMENT,),
    ),
    ListRoute(
        "/similar/{product_id}", lists.similar, "What is like a product",
        "To be shown instead of it: what the same customers like.",
        "ForProduct", PRODUCT, refuses={404: NO_PRODUCT},
    ),
    ListRoute(
        "/goes-with/{product_id}", lists.goes_with, "What is bought together with a product",
        "To be shown beside it. Empty where nothing is known.",
        "ForProduct", PRODUCT, refuses={404: NO_PRODUCT},
    ),
    ListRoute(
        "/basket", lists.basket, "What completes a basket",
        "Never what is in it. Products that the catalogue does not have are named in the answer and add nothing.",
        "ForBasket", None, (BASKET,), {404: "The catalogue of this release has none of the products."},
    ),
    ListRoute(
        "/bestsellers", lists.bestsellers, "What sells best",
        "To everyone, or to customers of one segment.",
        "Bestsellers", None, (SEGMENT,), {404: NO_SEGMENT},
    ),
    ListRoute(
        "/box/{customer_id}", lists.box, "What is in a customer's next box",
        "As it was packed, whatever the shop hides meanwhile. Of several boxes, items holds all and boxes each.",
        "Box", CUSTOMER, refuses={404: "No box of this release is for such a customer."},
    ),
    ListRoute(
        "/healthz", lists.health, "Is a release being served, and how old is it",
        "For a health check: 503 while nothing is published.",
        "Health", kept=False,
    ),
)  # fmt: skip
"""Everything that answers in JSON, but the OpenAPI document itself."""

_FOR = Parameter("for", "Who is shopping; left out = someone we do not know.")
_IN = Parameter("in", "A product in the basket; once for each.", many=True)
_ID_OF = Parameter("id", "Whose page it is.")
PAGES: dict[str, tuple[str, tuple[Parameter, ...]]] = {
    "/": ("What can be asked, in words", ()),
    "/demo": ("Storefront: who is shopping?", (Parameter("q", "How a customer's id begins."), _FOR, _IN)),
    "/demo/customer": ("Storefront: a customer's next box and picks", (_ID_OF, _IN)),
    "/demo/visitor": ("Storefront: what sells best", (SEGMENT, _IN)),
    "/demo/product": ("Storefront: a product, what goes with it, what is like it", (_ID_OF, _FOR, SEGMENT, _IN)),
    "/demo/basket": ("Storefront: the basket, and what completes it", (_FOR, SEGMENT, _IN)),
}
"""Every page for people: what it shows, and what it may be asked with."""

_TEXT: Schema = {"type": "string"}
_ID: Schema = {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS}
_IDS: Schema = {"type": "array", "items": _ID, "maxItems": MOST_IN_BASKET}
_RELEASE: Schema = {"type": "string", "description": "The run this answer comes from."}
_ITEMS: Schema = {"type": "array", "items": {"$ref": "#/components/schemas/Item"}, "description": "Best first."}


def _object(words: str, **properties: Schema) -> Schema:
    return {
        "type": "object",
        "description": words,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_FROM_BESTSELLERS: Schema = {"type": "string", "enum": ["bestsellers"]}
_ITEM = _object(
    "A product in a list. The order counts: scores of one list may rise again where [website] at_most put some aside.",
    product_id=_ID,
    score={"type": "number", "description": "Comparable within one list only."},
    reason={"type": "string", "description": "Why it is in the list, in words for the customer."},
)
SCHEMAS: dict[str, Schema] = {
    "Item": _ITEM,
    "Recommendations": _object(
        "What a customer may like.",
        release=_RELEASE,
        customer_id=_ID,
        source={"type": "string", "enum": ["recommendations", "bestsellers"]},
        segment={
            "type": ["string", "null"],
            "description": "Whose bestsellers: '' = everyone's; null where they are recommendations.",
        },
        items=_ITEMS,
    ),
    "ForProduct": _object("A product's list.", release=_RELEASE, product_id=_ID, items=_ITEMS),
    "ForBasket": _object(
        "What completes a basket.", release=_RELEASE, product_ids=_IDS, unknown_product_ids=_IDS, items=_ITEMS
    ),
    "Bestsellers": _object(
        "What sells best.",
        release=_RELEASE,
        source=_FROM_BESTSELLERS,
        segment={"type": "string", "description": "'' = everyone."},
        items=_ITEMS,
    ),
    "Box": _object(
        "A customer's packed boxes; most have one.",
        release=_RELEASE,
        customer_id=_ID,
        items={**_ITEMS, "description": "What is in all of them, box after box, best first in each."},
        boxes={"type": "array", "items": _ITEMS, "description": "What is in each, in the order of box_ids."},
        box_ids={"type": "array", "items": _TEXT, "description": "Their names; '' for a box without one."},
    ),
    "Health": _object(
        "What is served.",
        release=_RELEASE,
        published_at={"type": "string", "format": "date-time", "description": "UTC."},
        age_seconds={"type": "integer", "minimum": 0, "description": "Since it was published."},
        hidden_products={"type": "integer", "minimum": 0, "description": "Left out of every list but boxes."},
    ),
    "Error": _object("Why there is no answer: one line.", error=_TEXT),
}
"""Every answer's shape."""
