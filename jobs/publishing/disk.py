"""What a disk refuses, in one line: it is full, it may not be written, it fails.

Python and SQLite both write what is published, and each has its own way to say so.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.faults import CheckFailed

SYSTEM = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO,
}  # fmt: skip
SQLITE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}
PRIMARY = 0xFF
"""SQLite's codes say in their last byte what it is, above it which kind of that."""


@contextmanager
def told_in_a_line(doing: str, place: Path, consequence: str) -> Iterator[None]:
    """Raise CheckFailed when the disk refuses what is done in the block; a bug goes through as it is.

    doing, place  what is done, and where, for errors that do not say where
    consequence   what is there now
    """
    try:
        yield
    except OSError as bad:
        if bad.errno not in SYSTEM:
            raise
        where = bad.filename2 or bad.filename or place  # of a copy: the file that was written
        raise CheckFailed(f"could not {doing}: {bad.strerror} ({where}); {consequence}") from bad
    except sqlite3.Error as bad:
        if getattr(bad, "sqlite_errorcode", 0) & PRIMARY not in SQLITE:
            raise
        raise CheckFailed(f"could not {doing}: {bad} ({place}); {consequence}") from bad
