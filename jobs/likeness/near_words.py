"""What two values that are nearly the same differ in, as a merchandiser would say it."""

from __future__ import annotations

import unicodedata

from jobs.likeness.folds import number
from jobs.likeness.near import FLAGS, LIST, PLURAL, SAME, TYPO, Near
from jobs.words import shown

_OF = {
    FLAGS: "yes and no are written in two ways",
    PLURAL: "one thing and many",
    TYPO: "a letter or two differ",
}


def in_words(near: Near) -> str:
    """Why two values are near: `in upper and lower case`."""
    if near.how == SAME:
        return f"only {_same(near.mine, near.theirs)} tells them apart"
    if near.how == LIST:
        return f"values are separated by {shown(near.separator)} in one cell, not by |"
    return _OF.get(near.how, "one holds the other among its words")


def _same(one: str, other: str) -> str:
    """What tells two values apart whose folds are the same."""
    if number(one) is not None:
        return "the way the number is written"
    if one.casefold() == other.casefold():
        return "upper and lower case"
    if _without_spaces(one) == _without_spaces(other):
        return "white space"
    if _without_spaces(_composed(one)) == _without_spaces(_composed(other)):
        return "how the same letters are coded"
    if _bare(one) == _bare(other):
        return "an accent"
    return "a hyphen, an underscore or another sign"


def _without_spaces(text: str) -> str:
    return "".join(c for c in text.casefold() if unicodedata.category(c)[0] not in "ZC")


def _composed(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _bare(text: str) -> str:
    letters = unicodedata.normalize("NFKD", _without_spaces(text))
    return "".join(c for c in letters if not unicodedata.combining(c))
