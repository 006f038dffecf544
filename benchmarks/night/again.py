"""The next night of a campaign: one of a hundred customers, events and stock rows is another than the night before.

Rows change places in what they say and nobody comes or goes, so that the tables stay as valid as they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.config.load import load

TABLES = ("customers", "events", "inventory")
SHARE = 0.01
MORE = 1.1
"""Times as much on hand where stock changed."""
FIXED = frozenset({"customer_id", "box_id", "warehouse", "slots"})
"""Columns of customers that stay: who she is, and what she is due. So do those that say what she must not get: no night
passes in which allergies changed hands."""


@contextmanager
def changed(campaign: Path, seed: int = 0) -> Iterator[dict[str, int]]:
    """The campaign with its tables changed while this lasts; gives how many rows of each are other ones.

    customers  profiles change hands among the chosen, but for allergies; ids, boxes and the customers' events stay
    events     the chosen events are of each other's products
    inventory  a tenth more on hand
    """
    rng, counts = np.random.default_rng([seed, 77]), {}
    fixed = FIXED | _excluding(campaign)
    kept = {name: _kept(_path(campaign, name)) for name in TABLES}
    try:
        for name, original in kept.items():
            table = _read(original)
            rows = np.sort(rng.choice(len(table), min(len(table), max(2, round(SHARE * len(table)))), replace=False))
            _change(name, table, rows, rng, fixed)
            _write(_path(campaign, name), table, original)
            counts[name] = len(rows)
        yield counts
    finally:
        for name, original in kept.items():
            original.replace(_path(campaign, name))


def _excluding(campaign: Path) -> frozenset[str]:
    """Columns of customers by which rules exclude products."""
    return frozenset(rule.customer for rule in load(campaign).eligibility if rule.sense == "exclude")


def _change(
    name: str, table: pd.DataFrame, rows: npt.NDArray[np.int64], rng: np.random.Generator, fixed: frozenset[str]
) -> None:
    """Change these rows of the table, but for some columns of customers."""
    if name == "inventory":
        more = np.ceil(pd.to_numeric(table.loc[rows, "on_hand"]) * MORE).astype(np.int64)
        table.loc[rows, "on_hand"] = more.astype(table["on_hand"].dtype)
        return
    told = ["product_id"] if name == "events" else [str(column) for column in table if column not in fixed]
    table.loc[rows, told] = table.loc[rng.permutation(rows), told].to_numpy(object)


def _path(campaign: Path, name: str) -> Path:
    """The table's file; a CSV unless there is one in Parquet, put aside or not."""
    parquet = campaign / f"{name}.parquet"
    return parquet if parquet.exists() or _aside(parquet).exists() else campaign / f"{name}.csv"


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.stem}.kept{path.suffix}")


def _kept(path: Path) -> Path:
    """The table put aside; where it stands aside already, somebody was interrupted, and that is the right one."""
    if not _aside(path).exists():
        path.replace(_aside(path))
    return _aside(path)


def _read(path: Path) -> pd.DataFrame:
    """A table; the cells of a CSV as they are written."""
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype=str, keep_default_na=False)


def _write(path: Path, table: pd.DataFrame, original: Path) -> None:
    """Write the table with the column types of the original."""
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pandas(table, schema=pq.read_schema(original), preserve_index=False), path)
    else:
        table.to_csv(path, index=False)
