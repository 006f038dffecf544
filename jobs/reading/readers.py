"""Where each table is, and which reader opens it: a file or a folder beside the TOML, one that it names, or a query.

A table that is in two places, or nowhere, is a fault; so is a file that changes while it is read.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

from jobs.config.campaign import Campaign
from jobs.reading.collect import Collected, Raw
from jobs.reading.file_kinds import EXPECTED, SUFFIXES, kind_of, kind_of_part
from jobs.reading.folder_table import part_files, read_folder
from jobs.reading.schemas import TABLES
from jobs.reading.taken import NotAtRestError, take
from jobs.words import nearest, shown


def read_raw(
    campaign: Campaign, name: str, collected: Collected, *, may_lack: bool = False, hold: Path | None = None
) -> Raw | None:
    """Read one table as it is; None when it is absent (a fault, unless it is optional) or cannot be read.

    may_lack  say nothing when it is absent, because the TOML that may name it is itself at fault
    hold      a folder to copy the file to first, so that all that follows sees the same bytes; None = none is made
    """
    source = campaign.inputs.get(name)
    if source is not None and source.sql is not None:
        from jobs.reading.sql_table import read_sql

        return read_sql(name, source, campaign.root, collected)
    if source is not None and source.path is not None:
        return _held(name, source.path, campaign.root / source.path, collected, hold)
    present = [campaign.root / f"{name}{suffix}" for suffix in SUFFIXES if (campaign.root / f"{name}{suffix}").exists()]
    folder = campaign.root / name
    if folder.is_dir() and any(kind_of_part(path) for path in part_files(folder)):
        if not present:
            present.append(folder)
        else:
            words = (
                f"folder {shown(name + '/')} not read, for {present[0].name} is there; [inputs.{name}] path can name it"
            )
            collected.note(name, 1, None, words)
    if len(present) == 1:
        return _held(name, present[0].name, present[0], collected, hold)
    if len(present) > 1:
        both = " and ".join(path.name for path in present)
        collected.fault(name, None, None, both, f"one of them, or [inputs.{name}] path to say which")
    elif not (TABLES[name].optional or may_lack):
        others = {path.stem: path.name for path in sorted(campaign.root.glob("*")) if kind_of(path)}
        near = nearest(name, others.keys() - TABLES.keys())
        hint = f" (did you mean {shown(others[near])}?)" if near else ""
        where = f"{name}.parquet or {name}.csv beside campaign.toml, or [inputs.{name}] in it"
        collected.fault(name, None, None, "no such table", where + hint)
    return None


def _held(name: str, file: str, path: Path, collected: Collected, hold: Path | None) -> Raw | None:
    """Read a file or folder, from a copy where one is to be held."""
    if hold is None or not path.exists() or not (path.is_dir() or kind_of(path)):
        return _read(name, file, path, collected)
    try:
        copy = take(path, hold, name)
    except (PermissionError, FileNotFoundError):
        return _read(name, file, path, collected)  # which says what may not be read, or is gone
    except NotAtRestError:
        collected.fault(file, None, None, "a file that changed while it was read, each time", "a file at rest")
        return None
    except OSError as bad:
        if bad.filename2 is not None or hold in Path(str(bad.filename)).parents:
            raise  # the disk that the copy is written to
        collected.fault(file, None, None, f"a file that cannot be read ({bad.strerror or bad})", "a whole file")
        return None
    raw = _read(name, file, copy, collected)
    return None if raw is None else replace(raw, path=path, held=copy)


def _read(name: str, file: str, path: Path, collected: Collected) -> Raw | None:
    """Read a file, or all part files of a folder."""
    if not path.exists():
        collected.fault(file, None, None, "no such file", f"the table {name}")
        return None
    if path.is_dir():
        wanted = None if TABLES[name].keeps else TABLES[name].names
        try:
            before = [(part, part.stat().st_mtime_ns) for part in part_files(path)]
            raw = read_folder(
                name, file, path, wanted, collected, lambda part, at: _read_file(name, part, at, collected)
            )
            after = [(part, part.stat().st_mtime_ns) for part in part_files(path)]
        except OSError:
            before, after, raw = [], [], None
            collected.fault(file, None, None, "a folder that may not be read", "leave to read it")
        if before != after:
            collected.fault(file, None, None, "a folder that changed while it was read", "files at rest")
            return None
        return raw
    if not path.is_file():
        collected.fault(file, None, None, "a pipe or a device", EXPECTED)
        return None
    if kind_of(path) is None:
        collected.fault(file, None, None, f"a file ending in {path.suffix or 'nothing'}", EXPECTED)
        return None
    return _read_file(name, file, path, collected)


def _read_file(name: str, file: str, path: Path, collected: Collected) -> Raw | None:
    """Read one file by its kind."""
    wanted = None if TABLES[name].keeps else TABLES[name].names
    try:
        before = path.stat()
        if kind_of_part(path) == "csv":
            from jobs.reading.csv_table import read_csv as read
        else:
            from jobs.reading.parquet_table import read_parquet as read
        raw = read(name, file, path, wanted, collected)
        after = path.stat()
    except PermissionError:
        collected.fault(file, None, None, "a file that may not be read", "leave to read it")
        return None
    except (OSError, EOFError, zlib.error) as bad:
        collected.fault(file, None, None, f"a file that cannot be read ({str(bad)[:80]})", "a whole file")
        return None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        collected.fault(file, None, None, "a file that changed while it was read", "a file at rest")
        return None
    return raw
