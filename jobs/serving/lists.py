"""The lists that a shop's website asks for, each by its key, every answer of one release.

Functions of a reader and of a request; which address leads to which of them stands in `routes`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from jobs.publishing.website_reader import Found, WebsiteReader
from jobs.serving.requests import ListRequest, Refused, basket_ids
from jobs.words import did_you_mean, listed, shown

Json = dict[str, Any]
"""One JSON object."""


def recommendations(reader: WebsiteReader, request: ListRequest) -> Json:
    """What a customer may like; someone we do not know gets what sells best in the segment, or to everyone.

    A segment that the release does not have (nobody of it bought anything lately) never leaves a page empty: the answer
    says whose bestsellers it holds.
    """
    segment = request.one("segment") or ""
    known = reader.read("recommendations", request.key)
    if known is None and reader.read("bestsellers", segment) is None:
        segment = ""
    found = known if known is not None else _bestsellers(reader, segment)
    return {
        "release": found.release,
        "customer_id": request.key,
        "source": "bestsellers" if known is None else "recommendations",
        "segment": segment if known is None else None,
        "items": found.items,
    }


def similar(reader: WebsiteReader, request: ListRequest) -> Json:
    """What is like a product."""
    return _of_product(reader, "similar_products", request.key)


def goes_with(reader: WebsiteReader, request: ListRequest) -> Json:
    """What is bought together with a product."""
    return _of_product(reader, "goes_with", request.key)


def basket(reader: WebsiteReader, request: ListRequest) -> Json:
    """What completes a basket; products that nobody knows are named and add nothing."""
    ids = basket_ids(request, "product_id")
    unknown = [product_id for product_id in ids if reader.read("goes_with", product_id) is None]
    if len(unknown) == len(ids):
        raise _no_product(reader, listed(map(shown, unknown), most=3))
    found = reader.basket(ids)
    return {"release": found.release, "product_ids": ids, "unknown_product_ids": unknown, "items": found.items}


def bestsellers(reader: WebsiteReader, request: ListRequest) -> Json:
    """What sells best to everyone, or in a segment."""
    segment = request.one("segment") or ""
    found = _bestsellers(reader, segment)
    return {"release": found.release, "source": "bestsellers", "segment": segment, "items": found.items}


def box(reader: WebsiteReader, request: ListRequest) -> Json:
    """What a customer finds in her next box, or in each of her boxes."""
    found = reader.boxes(request.key)
    if found is None:
        release = reader.state().run_id
        raise Refused(404, f"customer_id: found {shown(request.key)}, expected a customer with a box in {release}")
    return {
        "release": found.release,
        "customer_id": request.key,
        "items": found.items,
        "boxes": found.boxes,
        "box_ids": found.box_ids,
    }


def health(reader: WebsiteReader, _request: ListRequest) -> Json:
    """What is served, and since when it is published."""
    state = reader.state()
    published = datetime.fromisoformat(state.published_at).astimezone(UTC)
    return {
        "release": state.run_id,
        "published_at": state.published_at,
        "age_seconds": max(0, int((datetime.now(UTC) - published).total_seconds())),
        "hidden_products": state.hidden,
    }


def _of_product(reader: WebsiteReader, table: str, product_id: str) -> Json:
    found = reader.read(table, product_id)
    if found is None:
        raise _no_product(reader, shown(product_id))
    return {"release": found.release, "product_id": product_id, "items": found.items}


def _no_product(reader: WebsiteReader, found: str) -> Refused:
    return Refused(404, f"product_id: found {found}, expected a product of {reader.state().run_id}")


def _bestsellers(reader: WebsiteReader, segment: str) -> Found:
    found = reader.read("bestsellers", segment)
    if found is None:
        known = [name for name in reader.segments() if name]
        expected = f"none, or {listed(known)}" if known else "none: this campaign has no segments"
        raise Refused(404, f"segment: found {shown(segment)}, expected {expected}{did_you_mean(segment, known)}")
    return found
