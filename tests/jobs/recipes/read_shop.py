"""What a recipe's campaign reads, as plain rows, so that tests can compare it with what they count themselves."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from jobs.config.load import load
from jobs.inputs.tables import Tables, read
from jobs.recipes.init import init

pytest.importorskip("duckdb", reason="a recipe's queries run in DuckDB, the extra sql")

Event = tuple[str, str, str, str]


def made(platform: str, folder: Path) -> tuple[Tables, str]:
    """The tables that `boxwise init` makes of a folder, and what it says."""
    said = "\n".join(init(platform, folder))
    return read(load(folder)), said


def rows(frame: pd.DataFrame, *columns: str) -> set[tuple[str, ...]]:
    """The rows of a table as texts."""
    return set(map(tuple, frame[list(columns)].astype(str).to_numpy().tolist()))


def events(tables: Tables) -> set[Event]:
    """Customer, product, kind and moment of every event."""
    return {
        (str(one.customer_id), str(one.product_id), str(one.kind), f"{one.occurred_at:%Y-%m-%d %H:%M}")
        for one in tables.events.itertuples()
    }


def uncommented(toml: str, *beginnings: str) -> str:
    """A campaign.toml in which commented lines that begin so are lines."""
    lines = []
    for line in toml.splitlines():
        for sign in ("# ", "-- "):
            bare = line.lstrip()
            if bare.startswith(sign) and bare.removeprefix(sign).startswith(beginnings):
                line = bare.removeprefix(sign)
        lines.append(line)
    return "\n".join(lines) + "\n"
