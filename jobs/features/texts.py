"""Names and descriptions as words: what rows of free text have in common, weighed by how rare each word is (TF-IDF).

Case and accents count for nothing ("Crème" is "creme"); numbers, units ("250 ml") and joining words ("with") are no
taste. scikit-learn cuts and weighs the words: docs/decisions/0007-scikit-learn-for-text.md.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Any

import numpy as np
import pyarrow.compute as pc
import scipy.sparse as sp

from jobs.features.blocks import FEWEST, Block, with_empty
from jobs.features.cells import Cells

MOST_WORDS = 1_000
"""Words kept of all text columns of a table together; those that most rows share."""
WORDS_IN_A_TEXT = 3.0
DISTINCT_IN_A_TEXT = 0.5
TOKEN = r"\b(?=[\w-]*[^\W\d_])\w\w+(?:-\w+)*\b"
"""A word: two characters or more, a letter among them, parts joined by "-" together ("oil-free", "q10")."""
UNITS = "ml cl dl oz fl mg mcg kg gr lb lbs mm cm ct pc pcs pk pack piece pieces stk st"
UNIT_AT_A_NUMBER = re.compile(
    rf"(?<!\w)\d+(?:[.,]\d+)?(?:{'|'.join([*UNITS.split(), 'g', 'l', 'x'])})\b", re.IGNORECASE
)
JOINING = (
    "a an and are as at be by for from has have in into is it its no not of off on or our so that the their this to up "
    "us we will with without you your "  # English
    "als am an auf aus bei bis das dem den der des die ein eine einem einen einer er es fur ihr im ist mit nach oder "
    "ohne sich sie sind und vom von vor wie wird zu zum zur "  # German
    "au aux avec ce ces cette dans de des du elle en est et il la le les leur ne ou par pas pour que qui sa sans se "
    "ses son sur un une vos votre "  # French
    "con como del el ella esta las los mas muy para pero por sin su sus una uno "  # Spanish
    "al alla che col da dal della delle di gli lo nel per piu sono tra tua tuo "  # Italian
    "aan bij dat deze een het je met naar niet om ons ook op te tot uit uw van voor zijn"  # Dutch
)
"""Words that say nothing alone, in the languages campaigns are written in most; without accents."""


def is_free_text(cells: Cells) -> bool:
    """Whether a column is written freely: its values have three words or more on average, and most occur only once.

    Values separated by "|" are looked at one by one, so a long list of ingredients is a list and no text.
    """
    parts, count = cells.parts, cells.count
    n_values = int(count[parts.cell].sum())
    if not n_values:
        return False
    n_rows = np.bincount(parts.value, count[parts.cell], minlength=len(parts.values))
    n_words = pc.count_substring_regex(parts.values, r"\S+").to_numpy(zero_copy_only=False)
    return bool(n_words @ n_rows >= WORDS_IN_A_TEXT * n_values and len(parts.values) > DISTINCT_IN_A_TEXT * n_values)


def word_block(name: str, cells: Cells, *, keep_empty: bool, most_read: int | None = None) -> Block:
    """One column per word that rows share and not all have, weighed by TF-IDF: at most MOST_WORDS.

    Words are named as they are written most often, in lower case: "crème".

    most_read  characters of one text that are read, its beginning; None = all
    """
    texts = [plain(text[:most_read]) for text in cells.distinct.to_pylist()]
    words, written = _shared_words(texts, cells)
    if words:
        made = _vectorizer(vocabulary=words).fit_transform([texts[position] for position in cells.code.tolist()])
        matrix = sp.csr_matrix(made, dtype=np.float32)
    else:
        matrix = sp.csr_matrix(np.zeros((len(cells.code), 0), np.float32))
    found = Block(name, matrix, tuple(written.get(word, word) for word in words), text=True)
    return with_empty(found, cells) if keep_empty else found


def plain(text: str) -> str:
    """The text without units that stick to numbers, in composed Unicode."""
    return UNIT_AT_A_NUMBER.sub(" ", unicodedata.normalize("NFC", text))


def _vectorizer(**settings: Any) -> Any:
    """Rows are not scaled here, for words are left out later."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # a second to import, and most commands need it not

    stop = sorted({*JOINING.split(), *UNITS.split()})
    return TfidfVectorizer(
        strip_accents="unicode",
        token_pattern=TOKEN,
        stop_words=stop,
        norm=None,
        sublinear_tf=True,
        dtype=np.float32,
        **settings,
    )


def _shared_words(texts: list[str], cells: Cells) -> tuple[list[str], dict[str, str]]:
    """The words that count, sorted; and how each is written most often.

    texts  one per distinct cell
    """
    from sklearn.feature_extraction.text import strip_accents_unicode

    analyse = _vectorizer().build_analyzer()
    n_rows: Counter[str] = Counter()
    forms: Counter[str] = Counter()
    token = re.compile(TOKEN)
    for text, count in zip(texts, cells.count.tolist(), strict=True):
        n_rows.update(dict.fromkeys(analyse(text), count))
        forms.update(dict.fromkeys(token.findall(text.lower()), count))
    useful = [word for word, count in n_rows.items() if FEWEST <= count < len(cells.code)]
    words = sorted(sorted(useful, key=lambda word: (-n_rows[word], word))[:MOST_WORDS])
    written: dict[str, str] = {}
    for form in sorted(forms, key=lambda form: (forms[form], form), reverse=True):
        written.setdefault(strip_accents_unicode(form), form)
    return words, written
