"""A campaign.toml that was read and written again says the same."""

from __future__ import annotations

import tomllib
from datetime import date, datetime, time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.config.load import load
from jobs.replaying.toml_text import as_toml
from tests.jobs.small_campaign import TOML, write_small_campaign

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
plain = (
    st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | texts | st.dates() | st.times()
    | st.datetimes()
)  # fmt: skip
values = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))


@settings(max_examples=100)
@given(st.dictionaries(texts, values | st.lists(st.dictionaries(texts, values, max_size=3), min_size=1), max_size=5))
def test_what_is_written_is_what_is_read(tables: dict[str, Any]) -> None:
    assert tomllib.loads(as_toml(tables)) == tables


def test_dates_stay_dates() -> None:
    told = {"day": date(2026, 1, 2), "moment": datetime(2026, 1, 2, 3, 4, 5), "clock": time(6, 7)}

    assert as_toml(told) == "day = 2026-01-02\nmoment = 2026-01-02T03:04:05\nclock = 06:07:00\n"


def test_a_campaign_written_again_is_the_same_campaign(tmp_path) -> None:
    here = write_small_campaign(tmp_path / "here")
    there = write_small_campaign(tmp_path / "there", files={"campaign.toml": as_toml(tomllib.loads(TOML))})

    one, other = load(here), load(there)

    assert other.model_copy(update={"path": one.path, "runs": one.runs}) == one
