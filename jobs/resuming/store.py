"""Finished stages on disk, in `runs/.kept`: written aside, forced to disk, renamed, and read only where every byte is
as it was written. What is torn, changed or writable by others is not used."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from jobs.config.campaign import Campaign
from jobs.resuming.plain import NUMBERS, Reader, Writer

FOLDER, ASIDE = ".kept", ".new-"
TREE, ARRAYS, SEAL = "tree.json", "arrays.bin", "seal.json"
NIGHTS = 2
"""So many of one stage are kept: tonight's, and that of the night before."""
Array = npt.NDArray[Any]


class NotKeptError(Exception):
    """A finished stage is there and cannot be used; args: why."""


class Store:
    """The kept stages of a folder of runs.

    known  the dataclasses that may be read, by name

    Call it inside `night_lock`: what a night that was killed left behind is removed first.
    """

    def __init__(self, runs: Path, known: Mapping[str, type]) -> None:
        self.folder = runs / FOLDER
        self._known = known
        for left in self.folder.glob(f"{ASIDE}*"):
            shutil.rmtree(left, ignore_errors=True)

    def has(self, stage: str, key: str) -> bool:
        """Whether anything is kept under this key."""
        return (self._entry(stage, key) / SEAL).exists()

    def read(self, stage: str, key: str, campaign: Campaign) -> Any:
        """What the stage made.

        campaign  stands wherever the stage's own campaign stood

        Raises KeyError where nothing is kept under this key, NotKeptError where it cannot be trusted.
        """
        entry = self._entry(stage, key)
        if not self.has(stage, key):
            raise KeyError(stage)
        try:
            _refuse_others(self.folder, entry)
            seal: Any = json.loads((entry / SEAL).read_bytes())
            tree_bytes = (entry / TREE).read_bytes()
            if (seal["stage"], seal["key"]) != (stage, key) or hashlib.sha256(tree_bytes).hexdigest() != seal[TREE]:
                raise ValueError("it was changed")
            tree: Any = json.loads(tree_bytes)
            arrays = _read_arrays(entry / ARRAYS, tree["arrays"], seal[ARRAYS])
            made = Reader(arrays, self._known, campaign).value(tree["value"])
            os.utime(entry)
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError) as bad:
            raise NotKeptError(str(bad).splitlines()[0] if str(bad) else type(bad).__name__) from bad
        return made

    def write(self, stage: str, key: str, value: Any) -> int:
        """Keep what the stage made; its bytes on disk. Older ones of the same stage make room.

        Raises OSError where the disk has no room for it, and for as much again.
        """
        writer = Writer(self._known)
        node = writer.node(value)
        table = [[a.dtype.str, list(a.shape), _by_column(a), bool(a.flags.writeable)] for a in writer.arrays]
        tree = json.dumps({"arrays": table, "value": node}, ensure_ascii=False).encode("utf-8", "surrogatepass")
        entry = self._entry(stage, key)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._make_room(entry, stage, len(tree) + sum(array.nbytes for array in writer.arrays))
        aside = self.folder / f"{ASIDE}{entry.name}"
        try:
            aside.mkdir(mode=0o700)
            sealed = {"stage": stage, "key": key, TREE: hashlib.sha256(tree).hexdigest()}
            with (aside / TREE).open("wb") as file:
                file.write(tree)
                _force(file)
            with (aside / ARRAYS).open("wb") as file:
                sealed[ARRAYS] = _write_arrays(file, writer.arrays)
                _force(file)
            with (aside / SEAL).open("wb") as file:
                file.write(json.dumps(sealed).encode())
                _force(file)
            shutil.rmtree(entry, ignore_errors=True)
            aside.rename(entry)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        _force_folder(self.folder)
        return sum(file.stat().st_size for file in entry.iterdir())

    def _entry(self, stage: str, key: str) -> Path:
        return self.folder / f"{stage}-{key[:32]}"

    def _make_room(self, entry: Path, stage: str, size: int) -> None:
        others = [one for one in self.folder.glob(f"{stage}-*") if one != entry]
        others.sort(key=lambda one: one.stat().st_mtime_ns, reverse=True)
        for old in others[NIGHTS - 1 :]:
            shutil.rmtree(old, ignore_errors=True)
        free = shutil.disk_usage(self.folder).free
        if free < 2 * size:
            raise OSError(f"{free >> 20:,} MiB are free, and {2 * size >> 20:,} MiB should be")


def _refuse_others(*folders: Path) -> None:
    """Raise ValueError for a folder that somebody else owns or may write."""
    for folder in folders:
        seen = folder.lstat()
        if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.geteuid() or seen.st_mode & 0o022:
            raise ValueError(f"others may write {folder.name}")


def _by_column(array: Array) -> bool:
    return bool(array.flags.f_contiguous and not array.flags.c_contiguous)


def _bytes_of(array: Array) -> memoryview:
    """The numbers as bytes, row after row, or column after column where they lie so."""
    flat = array.reshape(-1, order="F") if _by_column(array) else np.ascontiguousarray(array).reshape(-1)
    return flat.view(np.uint8).data


def _write_arrays(file: BinaryIO, arrays: list[Array]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        if array.nbytes:
            content = _bytes_of(array)
            digest.update(content)
            file.write(content)
    return digest.hexdigest()


def _read_arrays(path: Path, table: Any, sha256: str) -> list[Array]:
    """The arrays of a file. Raises ValueError where they are not as they were written."""
    arrays, digest = [], hashlib.sha256()
    left = path.stat().st_size
    with path.open("rb") as file:
        for dtype, shape, by_column, writeable in table:
            numbers = np.dtype(dtype)
            size = math.prod(map(int, shape)) * numbers.itemsize
            if numbers.kind not in NUMBERS or min(shape, default=0) < 0 or size > left:
                raise ValueError("it is not whole")
            array = np.empty(shape, numbers, order="F" if by_column else "C")
            if size:
                content = _bytes_of(array)  # a view: an array that was just made lies in one piece
                left -= file.readinto(content)
                digest.update(content)
            array.flags.writeable = writeable
            arrays.append(array)
    if left or digest.hexdigest() != sha256:
        raise ValueError("it was changed")
    return arrays


def _force(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _force_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
