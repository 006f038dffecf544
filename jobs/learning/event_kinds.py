"""What the kinds of events are called in sentences, and which of them are only looking."""

from __future__ import annotations

VERBS = {
    "purchase": "bought",
    "buy": "bought",
    "order": "bought",
    "offer": "bought",
    "rating": "rated",
    "review": "reviewed",
    "cart": "put in your basket",
    "view": "looked at",
    "click": "looked at",
    "open": "looked at",
    "search": "looked for",
    "impression": "saw",
    "like": "liked",
    "wishlist": "saved",
    "save": "saved",
}
"""Kind of event to what the customer did; a kind that is not here is "chose"."""

BROWSING = frozenset({"view", "click", "cart", "wishlist", "like", "save", "search", "open", "impression"})
"""Kinds of events after which she does not have the product yet."""
