"""What the kinds of events are called, which of them mean that the customer has the product, and which take that back.

`[signals] KIND = { weight = ..., owns = ... }` says it; where it does not, the kind's English name does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.config.kinds import BROWSING, takes_back

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


def owns(kind: str, signal: Signal) -> bool:
    """Whether an event of this kind means that the customer has it: as the campaign says, else by the kind's name."""
    if takes_back(kind, signal):
        return False
    return kind.casefold() not in BROWSING if signal.owns is None else signal.owns


def did(kind: str, signal: Signal) -> str:
    """What the customer did, as in "which you bought". What does not own is never told as bought, nor as chosen."""
    named = VERBS.get(kind.casefold(), "chose")
    return "looked at" if signal.owns is False and named in ("bought", "chose") else named
