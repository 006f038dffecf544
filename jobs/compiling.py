"""The first night of an installation: another process compiles what packing and lists call, while this one learns.

Compiled code is kept on disk, and is there when the night comes to it. Later nights start no process.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from optimizer.oracle.runner import n_cores
from optimizer.warm_up import compile_kernels, was_compiled

PACKING, LISTS = "packing", "lists"
"""What is compiled, in the order in which a night calls it; each is told in a line once it is done."""
CODE = "import sys; sys.path[:] = {path!r}; from jobs.compiling import main; main()"


class Ahead:
    """The process that compiles, or none."""

    def __init__(self, process: subprocess.Popen[str] | None) -> None:
        self._process = process

    def wait(self, for_what: str) -> None:
        """Wait until this is compiled, or will not be; whoever calls it then compiles it, as ever."""
        if self._process is not None and self._process.stdout is not None:
            for line in self._process.stdout:
                if line.strip() == for_what:
                    return


@contextlib.contextmanager
def compiled_ahead() -> Iterator[Ahead]:
    """Compile beside what is done inside, where nothing was compiled here before and a second core is there for it."""
    if n_cores() < 2 or was_compiled():
        yield Ahead(None)
        return
    with tempfile.TemporaryDirectory(prefix="boxwise-compiling-") as folder:
        process = _start(folder)
        try:
            yield Ahead(process)
        finally:
            if process is not None:
                process.kill()  # what it has compiled is kept; a file is put in place whole or not at all
                process.communicate()


def _start(folder: str) -> subprocess.Popen[str] | None:
    """The process, at work in a folder of its own; None = no room for one, and the night compiles by itself."""
    path = [str(Path(entry).absolute()) for entry in sys.path]
    command = [sys.executable, "-P", "-c", CODE.format(path=path)]
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    try:
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=quiet, text=True, cwd=folder)
    except OSError:
        return None


def main() -> None:
    """What the other process does; it ends when whoever started it does, however that ended."""
    threading.Thread(target=_end_with, args=(sys.stdin,), daemon=True).start()
    compile_kernels()
    print(PACKING, flush=True)
    _make_lists(Path.cwd())
    print(LISTS, flush=True)


def _end_with(starter: IO[str]) -> None:
    starter.read()  # nothing is ever written: it returns when the other end is closed
    os._exit(0)


def _make_lists(folder: Path) -> None:
    """Make the website's lists of a small made-up shop: whatever they call is compiled then."""
    from jobs.config.load import load
    from jobs.datasets.synth import write_synth
    from jobs.inputs.tables import read
    from jobs.learning.train import train
    from jobs.recommending.lists import website_lists

    write_synth(folder, customers=60, products=24)
    campaign = load(folder)
    tables = read(campaign)
    website_lists(train(campaign, tables), tables)
