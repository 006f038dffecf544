"""docs/glossary.md explains every word that a newcomer meets, each once, in order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "docs" / "glossary.md"
if not FILE.is_file():
    pytest.skip("the docs belong to the repository, not to the wheel", allow_module_level=True)
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in FILE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| say |")
]
WORDS = (
    "affinity", "allowed", "ALS", "audit", "band", "basket", "best box", "bundle", "calibration", "campaign",
    "choice", "column", "column generation", "coupling", "crowded", "customer", "cut", "EASE", "effort", "family",
    "fold-in", "gap", "gate", "group", "hessian", "jitter", "laminar", "ledger", "lift", "lock", "lp_rounding",
    "marginal value", "micro-point", "neighbours", "night", "opinion", "oracle", "packing score", "part", "plan",
    "point", "pool", "preferences", "price", "profile", "promise", "propensity", "purchases", "quota", "release",
    "remedy", "repair", "restricted master", "round", "run", "satisfaction", "score", "second opinion", "segment",
    "sequence", "shelf", "shop", "short", "shortage", "shortlist", "shrinkage", "signal", "slack", "slot", "swap",
    "taste", "time left", "tolerance", "usage", "utility", "value", "warm start", "weights", "worth",
)  # fmt: skip


def said() -> list[str]:
    return [word.strip() for row in ROWS for word in re.split(r",| / ", row[0].replace("`", ""))]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_of_the_code_is_explained(word: str) -> None:
    assert word in said()


def test_each_word_is_explained_once_in_one_line_and_in_order() -> None:
    keys = [row[0].replace("`", "").lower() for row in ROWS]

    assert keys == sorted(keys)
    assert len(said()) == len(set(said()))
    assert all(len(row) == 3 and row[1] for row in ROWS)


def test_what_we_do_not_say_is_no_word_of_ours() -> None:
    never = {word.strip(" `") for row in ROWS for word in row[2].split(",") if word.strip(" `")}

    assert not never & set(said())
