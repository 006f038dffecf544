"""How a command ends: the exit code tells the truth, and everything that is no bug is told in a line.

A `Refusal` ends in its lines on standard error and its code; so do a signal, memory that could not be had, a disk that
refuses, and words that nobody could read. Anything else is a bug and keeps its traceback.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable

from jobs.faults import DiskRefused, Exit, Refusal, StoppedOutside, WordsLost
from jobs.memory import lack_of_memory
from jobs.stopping import Stopped, stoppable
from jobs.streams import open_standard_numbers, steady_streams
from jobs.words import printable

DISK = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EMFILE,
    errno.ENFILE, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ESTALE,
}  # fmt: skip
"""What a disk, or the limits on open files, may say to anyone."""


def exit_code(command: Callable[[], object]) -> int:
    """Run a command line; its exit code, as `jobs.faults.Exit` lists them."""
    open_standard_numbers()
    with steady_streams() as out:
        code = _ended(command)
        out.flush()
        if code == Exit.PUBLISHED and out.lost:
            gone = out.lost == os.strerror(errno.EPIPE)  # who reads has heard enough: that need not be told
            lost = f"standard output could not be written: {out.lost}; nobody has read the answer"
            code = _refused(WordsLost([] if gone else lost))
    return code


def _ended(command: Callable[[], object]) -> int:
    try:
        with stoppable():
            command()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except (Exception, Stopped) as bad:
        known = refusal_of(bad)
        if known is None:
            raise
        return _refused(known)
    return Exit.PUBLISHED


def refusal_of(bad: BaseException) -> Refusal | None:
    """The refusal that an error is, or stands for: its lines and its exit code; None = it is a bug."""
    if isinstance(bad, Refusal):
        return bad
    if isinstance(bad, Stopped):
        return StoppedOutside(f"stopped from outside by {bad} before it was done")
    return lack_of_memory(bad) or _disk(bad)


def _disk(bad: BaseException) -> Refusal | None:
    """The refusal that stands for a disk which does not do what it should."""
    if not isinstance(bad, OSError) or bad.errno not in DISK:
        return None
    where = f" ({printable(str(bad.filename2 or bad.filename))})" if bad.filename2 or bad.filename else ""
    return DiskRefused(f"the disk refuses: {bad.strerror}{where}")


def _refused(refusal: Refusal) -> int:
    for line in refusal.lines:
        print(line, file=sys.stderr)
    return refusal.exit
