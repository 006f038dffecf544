"""The small campaign where some customers have several boxes: a gift from another warehouse, three plans."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.jobs.small_campaign import CUSTOMERS, write_small_campaign

GIFTS = """\
C02,south,2,2,basic,curly,,gift
C03,north,1,1,deluxe,curly,,mini
C03,south,2,2,deluxe,curly|dry,none,zwei
C09,south,2,1,basic,dry,,gift
"""
"""More boxes: of C02 from another warehouse, three of C03 with 3, 1 and 2 slots, and one of C09 without her allergy."""


def customers(more: str = GIFTS, *, column: str = "box_id", own: Mapping[str, str] | None = None) -> str:
    """customers.csv with a column for boxes; `own` names the first boxes, which else are called "a"."""
    head, *rows = CUSTOMERS.splitlines()
    names = {row.split(",")[0]: "a" for row in rows} if own is None else own
    return "\n".join([f"{head},{column}", *(f"{row},{names.get(row.split(',')[0], '')}" for row in rows)]) + "\n" + more


def write_several(
    folder: Path, *, more: str = GIFTS, edits: str | None = None, replace: Mapping[str, tuple[str, str]] | None = None
) -> Path:
    """Write that campaign; `edits` is a whole edits.csv."""
    files = {"customers.csv": customers(more), **({} if edits is None else {"edits.csv": edits})}
    return write_small_campaign(folder, files=files, replace=replace)
