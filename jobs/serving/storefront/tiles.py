"""A drawing for each product, for the tables hold no pictures: a package in the category's colour with two initials.

The same product always looks the same, and nothing is stored: hue, shape and shade follow from its texts.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

HUES = 24
"""Colours around the circle; style.css has one class for each."""
SHADES = 4
BACKDROPS = 3
LABELS = {
    "bottle": 74, "pump": 76, "tube": 60, "jar": 84, "bar": 87, "stick": 83, "can": 76, "carton": 72, "flask": 80,
}  # fmt: skip
"""Every shape drawn in tile.html, and how far down its label's middle is, of 120."""
SPOKEN = {
    "carton": (
        "toothbrush", "brush", "razor", "floss", "clip", "comb", "set", "kit", "sponge", "accessor", "applicator",
        "insole", "colour", "color", "tea", "card",
    ),
    "bar": ("bar",),
    "can": ("spray", "foam", "mousse", "shaving", "tin", "beer", "soda"),
    "stick": ("stick", "antiperspirant", "balm", "lip", "make-up", "mascara", "kohl", "deodorant"),
    "tube": ("toothpaste", "paste", "gel", "lotion", "scrub", "cleanser", "sun", "hand cream", "foot"),
    "jar": ("cream", "mask", "butter", "vitamin", "multivitamin", "supplement", "mineral", "jam", "honey", "wax"),
    "pump": ("soap", "body wash", "wash", "serum"),
    "flask": ("fragrance", "perfume", "oil", "tonic", "nail", "scent"),
    "bottle": ("shampoo", "conditioner", "mouthwash", "rinse", "bath", "bubble", "water", "bottle", "juice", "hair"),
}  # fmt: skip
"""Words that say which package a product comes in: the first shape with one in the name, else in the category."""


@dataclass(frozen=True)
class Tile:
    """How a product is drawn.

    hue, shade, backdrop  0.. below HUES, SHADES, BACKDROPS
    turned                drawn the other way round?
    shape                 a key of LABELS
    initials              one or two letters or digits on its label; '' where the name has none
    label_y               how far down they stand, of 120
    """

    hue: int
    shade: int
    backdrop: int
    turned: bool
    shape: str
    initials: str
    label_y: int


def tile(product_id: str, name: str, category: str) -> Tile:
    """The drawing of a product; '' for a category that is not known."""
    own = _digest(product_id)
    shape = _spoken(name) or _spoken(category) or list(LABELS)[_digest(category) % len(LABELS)]
    return Tile(
        hue=_digest(category) // 7 % HUES,
        shade=own % SHADES,
        backdrop=own // SHADES % BACKDROPS,
        turned=own // (SHADES * BACKDROPS) % 2 == 1,
        shape=shape,
        initials=initials(name),
        label_y=LABELS[shape],
    )


def initials(name: str) -> str:
    """Two letters for a label: `Liquid soap 7.5 oz, Brand 213` is LS, `Toothpaste 6 oz` is To, `7` is 7.

    Of the part before the first comma, its first two words of three letters or more; of one word the first two.
    """
    words = re.findall(r"[^\W_]+", name.split(",")[0]) or re.findall(r"[^\W_]+", name)
    long = [word for word in words if word[0].isalpha() and len(word) > 2] or words[:1]
    if len(long) > 1:
        return "".join(word[0].upper() for word in long[:2])
    return "".join(long)[:2].capitalize()


def _spoken(text: str) -> str | None:
    """The shape that a text speaks of: one of whose words begins a word of it."""
    padded = " " + " ".join(re.findall(r"[\w-]+", text.casefold()))
    return next((shape for shape, words in SPOKEN.items() if any(f" {word}" in padded for word in words)), None)


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "big")
