"""Standard output and error that never break a command: a full disk, a closed pipe, a dead terminal is remembered.

What a command is for decides what lost words mean: a night that has published is published, a check that nobody could
read has said nothing (docs/campaign.md).
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import Any, TextIO

STANDARD = (0, 1, 2)


class Steady(io.TextIOBase):
    """A text stream around another one that raises nothing when it cannot be written.

    lost  what the system said when something could not be written; "" = everything was
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.lost = ""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return getattr(self._stream, "encoding", None) or "utf-8"

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return getattr(self._stream, "errors", None)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        try:
            return self._stream is not None and self._stream.isatty()
        except (OSError, ValueError):
            return False

    def fileno(self) -> int:
        if self._stream is None:
            raise io.UnsupportedOperation("a closed stream has no number")
        return self._stream.fileno()

    def write(self, text: str, /) -> int:
        """Write as far as the stream takes it; letters that its encoding lacks as escapes."""
        if self._stream is None:
            self.lost = "it is closed"
        else:
            try:
                self._stream.write(text)
            except UnicodeEncodeError:
                self.write(text.encode(self.encoding, "backslashreplace").decode(self.encoding))
            except (OSError, ValueError) as bad:
                self._lose(bad)
        return len(text)

    def flush(self) -> None:
        if self._stream is not None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as bad:
                self._lose(bad)

    def _lose(self, bad: Exception) -> None:
        self.lost = self.lost or (isinstance(bad, OSError) and bad.strerror) or str(bad)

    def settle(self) -> None:
        """Flush; what cannot be written is dropped, so that the interpreter does not try it again when it ends."""
        self.flush()
        if self._stream is not None and self.lost:
            with suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self._stream.fileno())
                os.close(nowhere)
                self._stream.flush()


@contextmanager
def steady_streams() -> Iterator[Steady]:
    """Standard output and error as steady ones for a while; yields the former."""
    out, err = Steady(sys.stdout), Steady(sys.stderr)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            yield out
    finally:
        out.settle()
        err.settle()


def open_standard_numbers() -> None:
    """Point closed standard streams nowhere, or the next file that is opened gets their number and their writers."""
    for number in STANDARD:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free


def tell(lines: Iterable[str]) -> None:
    """Print what the command is for; lost words are a failure, which `jobs.cli.main.main` tells."""
    for line in lines:
        print(line)


def mention(lines: Iterable[str]) -> None:
    """Print what a deed that is done has to say; where nobody can read it, it is done all the same."""
    out: Any = sys.stdout
    before = getattr(out, "lost", "")
    tell(lines)
    if isinstance(out, Steady):
        out.settle()
        out.lost = before
