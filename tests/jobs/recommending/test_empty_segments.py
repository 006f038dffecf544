"""A segment of cells that a program wrote for nothing is no segment."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.config.load import load
from jobs.inputs.tables import read
from jobs.learning.train import train
from jobs.recommending.lists import website_lists
from tests.jobs.small_campaign import write_small_campaign


@pytest.mark.parametrize("spelled", ["NULL", r"\N", "nan", "None", "#N/A"])
def test_nothing_is_no_segment_and_no_reason(tmp_path: Path, spelled: str) -> None:
    folder = write_small_campaign(
        tmp_path,
        replace={"customers.csv": ("C04,north,1,4,deluxe,dry,", f"C04,north,1,4,deluxe|{spelled},{spelled},{spelled}")},
        append={"customers.csv": f"C77,north,1,,{spelled},{spelled},\nC78,north,1,,{spelled},{spelled},\n"},
    )
    campaign = load(folder)
    tables = read(campaign)

    lists = website_lists(train(campaign, tables), tables)

    assert lists.bestsellers.keys == ["", "plan=basic", "plan=deluxe"]
    assert not [why for ranked in lists.tables.values() for why in ranked.reasons if spelled in why]
