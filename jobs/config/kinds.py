"""What the names of kinds of events say where [signals] does not: is it only looking, does it take back?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.config.campaign import Signal

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
