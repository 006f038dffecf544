"""A list's products as cards: with name, brand, category and a drawing.

A run from before there was a catalogue tells no names; its products go by their ids.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jobs.publishing.website_reader import WebsiteReader
from jobs.serving.storefront.tiles import Tile, tile


@dataclass(frozen=True)
class Card:
    """One product as a page shows it; brand, category and reason are '' where they are not known."""

    product_id: str
    name: str
    brand: str
    category: str
    tile: Tile
    reason: str = ""


def products_of(reader: WebsiteReader, product_ids: Sequence[str]) -> dict[str, Card]:
    """The card of each product, in this order."""
    catalogue = reader.products(product_ids)
    return {product_id: _card(product_id, catalogue.get(product_id, {})) for product_id in product_ids}


def cards(
    reader: WebsiteReader, items: Sequence[Mapping[str, Any]], most: int = 100, without: Collection[str] = ()
) -> list[Card]:
    """The first products of a list with their reasons, in its order; `without` some, say those of the basket."""
    first = [item for item in items if item["product_id"] not in without][:most]
    known = products_of(reader, [item["product_id"] for item in first])
    return [replace(known[item["product_id"]], reason=item["reason"]) for item in first]


def _card(product_id: str, told: Mapping[str, str]) -> Card:
    name, brand, category = told.get("name") or product_id, told.get("brand") or "", told.get("category") or ""
    return Card(product_id, name, brand, category, tile(product_id, name, category))
