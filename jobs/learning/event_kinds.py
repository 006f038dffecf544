"""What the kinds of events are called, which of them mean that the customer has the product, and which take that back.

`[signals] KIND = { weight = ..., owns = ... }` says it; where it does not, the kind's English name does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.config.campaign import Signal

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
"""Kinds of events after which the customer does not have the product yet, by their names alone."""


OPINIONS = frozenset(
    {
        "dislike", "thumbs_down", "downvote", "hide", "block", "skip", "not_interested", "complaint", "report",
        "unlike", "unsave", "remove", "remove_from_cart", "cart_remove", "remove_from_wishlist", "bounce",
    }
)  # fmt: skip
"""Kinds of events of a weight below zero that give nothing back, by their names alone."""


def takes_back(kind: str, signal: Signal) -> bool:
    """Whether an event of this kind takes back what the customer did before, as a refund or a return does.

    Every kind of a weight below zero does, but those with a centre, those that the campaign says to mean having
    (`owns = true`), and those whose names say that they are an opinion, or undo a look.
    """
    below = signal.weight < 0 and signal.centre is None and signal.owns is not True
    return below and kind.casefold() not in OPINIONS | BROWSING


def owns(kind: str, signal: Signal) -> bool:
    """Whether an event of this kind means that the customer has it: as the campaign says, else by the kind's name."""
    if takes_back(kind, signal):
        return False
    return kind.casefold() not in BROWSING if signal.owns is None else signal.owns


def did(kind: str, signal: Signal) -> str:
    """What the customer did, as in "which you bought". What does not own is never told as bought, nor as chosen."""
    named = VERBS.get(kind.casefold(), "chose")
    return "looked at" if signal.owns is False and named in ("bought", "chose") else named
