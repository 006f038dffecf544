"""What a column of customers or products is, by its name and by its cells: bookkeeping, personal, private, or a taste.

Names tell most; cells tell row numbers, hashes and mail addresses whatever they are called.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jobs.inputs import column_words as words

Kind = Literal[
    "bookkeeping",
    "row numbers",
    "keys",
    "names",
    "contacts",
    "addresses",
    "notes",
    "birth dates",
    "private",
    "the shop's own",
]
NOT_READ: tuple[Kind, ...] = (
    "bookkeeping",
    "row numbers",
    "keys",
    "names",
    "contacts",
    "addresses",
    "notes",
    "birth dates",
)
"""Columns that teach nothing unless [model] asks for them; the other kinds teach, and are never said unless asked."""
FEWEST_ROWS = 17
"""Rows from which a column may be told to number them; fewer are told by nobody."""
_MACHINE = re.compile(r"__.*__|_.*|unnamed([: _.]+\d+)*|(column|field|col|var)_?\d+|x(\.\d+)?|v\d+|#", re.IGNORECASE)
"""Names that programs give: `__index_level_0__`, `_id`, `Unnamed: 0`, `column0`, R's `X`."""
_MAIL = r"^[^@\s|]+@[^@\s|]+\.[A-Za-z]{2,}$"
_KEY = r"^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[0-9a-fA-F]{16,128})$"
_WHOLE = r"^-?(0|[1-9][0-9]{0,17})(\.0+)?$"


def kind_by_name(name: str, table: str) -> Kind | None:
    """What the name alone tells; None = nothing against its being a taste.

    table  "customers" or "products": a customer's weight is private, a product's is not
    """
    said = name_words(name)
    if _MACHINE.fullmatch(name.strip()) or (said and said[-1] in words.LAST) or _any(said, words.BOOKKEEPING):
        return "bookkeeping"
    of_customers = table == "customers"
    asked: tuple[tuple[Kind, tuple[str, ...]], ...] = (
        ("names", words.NAMES if of_customers else ("contact name", "contact person")),
        ("contacts", words.CONTACTS),
        ("addresses", (*words.ADDRESSES, *words.PLACES) if of_customers else words.ADDRESSES),
        ("notes", () if words.SCENTS & set(said) else words.NOTES),
        ("birth dates", words.BIRTHS if of_customers else ()),
        ("private", (*words.INTIMATE, *words.PRIVATE) if of_customers else words.INTIMATE),
        ("the shop's own", words.MEASURES if of_customers else words.TRADE),
    )
    return next((kind for kind, phrases in asked if _any(said, phrases)), None)


def kind_by_cells(column: pd.Series) -> Kind | None:
    """What the cells tell, whatever the column is called."""
    texts = pa.array(column.dropna().astype("str"), pa.large_string())
    texts = texts.filter(pc.not_equal(texts, ""))
    if not len(texts):
        return None
    mails = pc.sum(pc.match_substring_regex(texts, _MAIL)).as_py()
    if 2 * mails > len(texts):
        return "contacts"
    if pc.all(pc.match_substring_regex(texts, _KEY)).as_py():
        return "keys"
    return "row numbers" if len(texts) == len(column) and _numbers_rows(texts) else None


def _numbers_rows(texts: pa.Array) -> bool:
    """Whole numbers, one per row, without a gap or rising (or falling) with the rows' ids."""
    if len(texts) < FEWEST_ROWS or not pc.all(pc.match_substring_regex(texts, _WHOLE)).as_py():
        return False
    numbers = np.array([int(text.split(".")[0]) for text in texts.to_pylist()], dtype=np.int64)
    rising = np.sort(numbers)
    if (np.diff(rising) == 0).any():
        return False
    return bool(
        rising[-1] - rising[0] == len(numbers) - 1 or (np.diff(numbers) > 0).all() or (np.diff(numbers) < 0).all()
    )


@cache
def name_words(name: str) -> tuple[str, ...]:
    """The words of a column's name in lower case, without accents: `Default Address1` is default, address, 1."""
    plain = unicodedata.normalize("NFKD", name.replace("\u00df", "ss"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])", " ", plain)
    return tuple(re.findall(r"[^\W_]+", plain.casefold()))


def _any(said: tuple[str, ...], phrases: tuple[str, ...]) -> bool:
    """Whether one of the phrases is found among the words of a name."""
    whole, joined = " ".join(said), "".join(said)
    padded = f" {whole} "
    for phrase in phrases:
        if phrase.startswith("="):
            if whole == phrase[1:] or joined == phrase[1:].replace(" ", ""):
                return True
        elif f" {phrase} " in padded or phrase.replace(" ", "") in (*said, joined):
            return True
    return False
