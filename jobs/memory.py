"""Memory that could not be had, in a line: how much was asked for, what the limit is, and what would help.

Python, NumPy, Arrow, DuckDB and the loader of libraries each say it in their own way; none of them is a bug of ours.
"""

from __future__ import annotations

import errno
import mmap
import re
import resource
import sys
from collections.abc import Iterator

from jobs.faults import TooLittleMemory

MIB = 1 << 20
LIBRARIES = 1_536 * MIB
"""Address space that a night takes before it has read a table; most of it is never used."""
_SAID = re.compile(
    r"bad_alloc|out of memory|cannot allocate memory|failed to map segment|can't start new thread|failed to allocate"
    r"|failed to launch worker thread",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"allocate (?P<told>[\d.]+ [KMGTPE]?i?B)|(?:malloc of size|to) (?P<bytes>\d+)"
    r"|data of size (?P<size>[\d.]+ [KMGTPE]?i?B)"
)
HELP = (
    "more memory (ulimit -v, or the limit of the container), or less to hold: fewer customers at once, fewer products "
    "that are boxable, a smaller [model] factors"
)


def refuse_little_room() -> None:
    """Raise TooLittleMemory where the limit of this process does not even leave room for the libraries of a night.

    Some of them end the process on the spot when they get no memory, so it is asked for before they are loaded.
    """
    try:
        mmap.mmap(-1, LIBRARIES).close()
    except OSError:
        asked = f"{LIBRARIES / MIB:,.0f} MiB of address space are asked for by the libraries alone"
        raise TooLittleMemory(f"too little memory: {asked}{_limit()}. What helps: {HELP}") from None


def lack_of_memory(bad: BaseException) -> TooLittleMemory | None:
    """The refusal that stands for this error; None when it is about something else."""
    chain = list(_chain(bad))
    if not any(_is_lack(one) for one in chain):
        return None
    told = next((found for one in chain if (found := _asked(str(one)))), None)
    asked = f"{told} more were asked for" if told else "how much was asked for is not known"
    notes = [note for one in chain for note in getattr(one, "__notes__", ())]
    where = f" {notes[0]}" if notes else ""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return TooLittleMemory(
        f"too little memory{where}: {asked}, {peak / MIB:,.0f} MiB was the most in use{_limit()}. What helps: {HELP}"
    )


def _chain(bad: BaseException | None) -> Iterator[BaseException]:
    """The error and those that it came from."""
    while bad is not None:
        yield bad
        bad = bad.__cause__ or bad.__context__


def _is_lack(bad: BaseException) -> bool:
    if isinstance(bad, MemoryError) or (isinstance(bad, OSError) and bad.errno == errno.ENOMEM):
        return True
    return isinstance(bad, Exception) and bool(_SAID.search(str(bad)))


def _asked(said: str) -> str | None:
    found = _ASKED.search(said)
    if found is None:
        return None
    return found["told"] or found["size"] or f"{int(found['bytes']) / MIB:,.1f} MiB"


def _limit() -> str:
    """The limit that this process runs under, where there is one."""
    limits = [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]
    known = [limit for limit in limits if limit != resource.RLIM_INFINITY]
    return f", {min(known) / MIB:,.0f} MiB are allowed (ulimit)" if known else ""
