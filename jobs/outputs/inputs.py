"""inputs/: the night's own copy of its tables and campaign.toml, so that a run can be checked and explained by itself.

Events are left out: they are large, they only teach the model, and the scores they led to are kept in full.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.csv_text import to_arrow
from jobs.posing.shop import box_ids

TABLES = ("customers", "products", "inventory", "shipments", "edits")
FOLDER = "inputs"


def write_inputs(run: Path, tables: Mapping[str, pd.DataFrame], campaign_toml: bytes) -> None:
    """Write the validated tables to inputs/*.parquet and the configuration, byte for byte, to inputs/campaign.toml."""
    folder = run / FOLDER
    folder.mkdir()
    (folder / "campaign.toml").write_bytes(campaign_toml)
    for name in TABLES:
        write_parquet(folder / f"{name}.parquet", tables[name])


def write_parquet(path: Path, frame: pd.DataFrame | pa.Table) -> None:
    """Write a table; the same rows give the same bytes."""
    table = to_arrow(frame).replace_schema_metadata(None)
    pq.write_table(table, path, compression="zstd", row_group_size=262_144, version="2.6")


def read_inputs(run: Path) -> dict[str, pd.DataFrame]:
    """The tables of a run's own copy, by name; in a run from before boxes had names, none has one."""
    frames = {name: pd.read_parquet(run / FOLDER / f"{name}.parquet") for name in TABLES}
    for name in ("customers", "edits"):
        frames[name]["box_id"] = box_ids(frames[name])
    return frames
