"""A drawing for each product, for the tables hold no pictures: a package in the category's colour with two initials.

The same product always looks the same, and nothing is stored: hue, shape and shade follow from its texts.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

HUES = 24
"""Colours around the circle; style.css has one class for each."""
SHADES = 3
BACKDROPS = 3
LABELS = {
    "bottle": 74, "pump": 76, "tube": 60, "jar": 84, "bar": 84, "stick": 83, "can": 76, "carton": 72, "flask": 80,
}  # fmt: skip
"""Every shape drawn in tile.html, and how far down its label's middle is, of 120."""
SPOKEN = {
    "bar": ("bar soap", "soap bar"),
    "stick": ("stick", "antiperspirant", "balm", "lip", "make-up", "mascara", "pencil", "deodorant"),
    "can": ("spray", "foam", "mousse", "shaving", "tin", "beer", "soda"),
    "tube": ("paste", "gel", "lotion", "scrub", "cleanser", "sun"),
    "jar": ("cream", "mask", "butter", "vitamin", "supplement", "mineral", "jam", "honey", "wax"),
    "pump": ("soap", "wash", "serum", "hand"),
    "flask": ("fragrance", "perfume", "oil", "tonic", "nail", "scent"),
    "bottle": ("shampoo", "conditioner", "rinse", "bath", "water", "bottle", "juice", "hair care"),
    "carton": ("colour", "brush", "razor", "floss", "clip", "comb", "set", "tea", "card"),
}
"""Words that say which package a product comes in: the first shape with one in the name, else in the category."""


@dataclass(frozen=True)
class Tile:
    """How a product is drawn.

    hue, shade, backdrop  0.. below HUES, SHADES, BACKDROPS
    shape                 a key of LABELS
    initials              one or two letters or digits on its label; '' where the name has none
    label_y               how far down they stand, of 120
    """

    hue: int
    shade: int
    backdrop: int
    shape: str
    initials: str
    label_y: int


def tile(product_id: str, name: str, category: str) -> Tile:
    """The drawing of a product; '' for a category that is not known."""
    own = _digest(product_id)
    shape = _spoken(name) or _spoken(category) or list(LABELS)[_digest(category) % len(LABELS)]
    return Tile(
        _digest(category) // 7 % HUES, own % SHADES, own // SHADES % BACKDROPS, shape, initials(name), LABELS[shape]
    )


def initials(name: str) -> str:
    """The first characters of the first two words, as capitals; of the first two characters where it is one word."""
    words = ["".join(c for c in word if c.isalnum()) for word in name.split()]
    words = [word for word in words if word]
    letters = [word for word in words if word[0].isalpha()] or words
    first = letters[0][:2] if len(letters) == 1 else "".join(word[0] for word in letters[:2])
    return first.upper()[:2]


def _spoken(text: str) -> str | None:
    folded = text.casefold()
    return next((shape for shape, words in SPOKEN.items() if any(word in folded for word in words)), None)


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "big")
