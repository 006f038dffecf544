"""A signal ends a command in an orderly way, with its own exit code; once a night is published, none undoes the word.

The handlers raise in the main thread, so that staging folders are removed and locks are freed on the way out.
Signals are noted by handlers, never blocked: a mask holds for one thread, and the libraries have others.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stopped(BaseException):
    """The command was told from outside to stop; args: by which signal."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Let every signal that asks a program to end raise `Stopped`; those that are ignored (nohup) stay so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is _stop:
                signal.signal(number, handler)


def _stop(number: int, _: FrameType | None) -> None:
    raise Stopped(signal.Signals(number).name)


def _too_late(_: int, __: FrameType | None) -> None:
    """What was to be done is done."""


@contextmanager
def last_step() -> Iterator[None]:
    """A step after which the command has done what it is for: a signal comes before it, or changes nothing any more.

    Where the step fails, a signal that came meanwhile is raised after it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in SIGNALS}
    try:
        yield
    except BaseException:
        for number, handler in before.items():
            signal.signal(number, handler)
        for one in came:  # one that was ignored before stays so
            signal.raise_signal(one)
        raise
    for number, handler in before.items():
        # a handler of ours and not SIG_IGN, which programs that we start would inherit
        signal.signal(number, signal.SIG_IGN if handler is signal.SIG_IGN else _too_late)
