"""Where each table is, and which reader opens it: a file beside the TOML, a file it names, or a query.

A table that is in two places, or nowhere, is a fault; so is a file that changes while it is read.
"""

from __future__ import annotations

from pathlib import Path

from jobs.config.campaign import Campaign
from jobs.reading.collect import Collected, Raw
from jobs.reading.schemas import TABLES
from jobs.words import nearest, shown

SUFFIXES = (".parquet", ".csv")


def read_raw(campaign: Campaign, name: str, collected: Collected, *, may_lack: bool = False) -> Raw | None:
    """Read one table as it is; None when it is absent (a fault, unless it is optional) or cannot be read.

    may_lack  say nothing when it is absent, because the TOML that may name it is itself at fault
    """
    source = campaign.inputs.get(name)
    if source is not None and source.sql is not None:
        from jobs.reading.sql_table import read_sql

        return read_sql(name, source, campaign.root, collected)
    if source is not None and source.path is not None:
        return _read_file(name, source.path, campaign.root / source.path, collected)
    present = [campaign.root / f"{name}{suffix}" for suffix in SUFFIXES if (campaign.root / f"{name}{suffix}").exists()]
    if len(present) == 1:
        return _read_file(name, present[0].name, present[0], collected)
    if len(present) > 1:
        both = " and ".join(path.name for path in present)
        collected.fault(name, None, None, both, f"one of them, or [inputs.{name}] path to say which")
    elif not (TABLES[name].optional or may_lack):
        others = {path.stem: path.name for path in sorted(campaign.root.glob("*")) if path.suffix in SUFFIXES}
        near = nearest(name, others.keys() - TABLES.keys())
        hint = f" (did you mean {shown(others[near])}?)" if near else ""
        where = f"{name}.parquet or {name}.csv beside campaign.toml, or [inputs.{name}] in it"
        collected.fault(name, None, None, "no such table", where + hint)
    return None


def _read_file(name: str, file: str, path: Path, collected: Collected) -> Raw | None:
    """Read a file by its suffix."""
    if path.suffix not in SUFFIXES:
        collected.fault(file, None, None, f"a file ending in {path.suffix or 'nothing'}", "a .parquet or a .csv file")
        return None
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no such file"
        collected.fault(file, None, None, what, f"the table {name}")
        return None
    wanted = None if TABLES[name].keeps else TABLES[name].names
    before = path.stat()
    try:
        if path.suffix == ".csv":
            from jobs.reading.csv_table import read_csv as read
        else:
            from jobs.reading.parquet_table import read_parquet as read
        raw = read(name, file, path, wanted, collected)
    except PermissionError:
        collected.fault(file, None, None, "a file that may not be read", "leave to read it")
        return None
    after = path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        collected.fault(file, None, None, "a file that changed while it was read", "a file at rest")
        return None
    return raw
