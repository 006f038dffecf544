"""Inputs are taken once: a copy of each table's file as it was at one moment, for all that the night does with it.

What is delivered after that is for the next night. A file that somebody is still writing is waited for a little.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from jobs.reading.folder_table import part_files

WAITS = (1.0, 3.0, 9.0)
"""Seconds before a file that changed while it was copied is copied again."""

Stamp = tuple[tuple[str, int, int, int], ...]


class NotAtRestError(OSError):
    """A file changed while it was copied, every time."""


def take(path: Path, folder: Path, name: str) -> Path:
    """Copy a file, or a folder with its part files, to `folder / (name + its ending)`; the copy.

    Who replaces a file may take the old one away first, so that one which is gone for a moment is waited for, too.

    Raises NotAtRestError where it changes however often it is copied, FileNotFoundError where it stays away, OSError
    as copying does.
    """
    copy = folder / f"{name}{path.suffix if path.is_dir() else ''.join(path.suffixes)}"
    for wait in (*WAITS, None):
        try:
            before = _stamp(path)
            _copy(path, copy)
            if _stamp(path) == before:
                return copy
        except FileNotFoundError:
            if wait is None:
                raise
        if wait is not None:
            time.sleep(wait)
    raise NotAtRestError(f"{path.name} changes while it is read")


def _stamp(path: Path) -> Stamp:
    """What tells that something was written meanwhile: of every file its name, number, size and time."""
    stamps = []
    for file in part_files(path) if path.is_dir() else [path]:
        seen = file.stat()
        stamps.append((file.relative_to(path).as_posix(), seen.st_ino, seen.st_size, seen.st_mtime_ns))
    return tuple(stamps)


def _copy(path: Path, copy: Path) -> None:
    """Copy over whatever an earlier try left."""
    if not path.is_dir():
        shutil.copyfile(path, copy)
        return
    shutil.rmtree(copy, ignore_errors=True)
    for file in part_files(path):
        to = copy / file.relative_to(path)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, to)
    copy.mkdir(parents=True, exist_ok=True)
