"""The exit code of a command tells the truth, wherever its words go and whatever the machine refuses."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from jobs.ending import exit_code
from jobs.faults import CheckFailed, Exit
from jobs.memory import lack_of_memory
from jobs.operating.nights import read_nights
from jobs.progress import Stages
from jobs.stopping import last_step
from jobs.streams import Steady, mention, tell
from tests.jobs.small_campaign import write_small_campaign

BOXWISE = [sys.executable, "-m", "jobs"]
CAUGHT = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture(autouse=True)
def _handlers():
    """A command takes the signals over; here they are given back."""
    before = {number: signal.getsignal(number) for number in CAUGHT}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def shell(line: str, folder: Path) -> int:
    """The exit code of a command line, in which `boxwise` is ours; nothing of it may look like a bug."""
    command = line.replace("boxwise", " ".join(BOXWISE))
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=Path.cwd(),
        capture_output=True,
        timeout=300,
        env={**os.environ, "SHOP": str(folder)},
    )
    assert b"Traceback" not in done.stderr + done.stdout
    assert b"Exception ignored" not in done.stderr + done.stdout
    return done.returncode


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_campaign(tmp_path_factory.mktemp("shop"))


@pytest.mark.parametrize(
    "where",
    ["> /dev/full 2> /dev/full", ">&- 2>&-", "2>&1 | head -1; exit ${PIPESTATUS[0]}"],
    ids=["full", "closed", "head"],
)
def test_a_night_that_is_published_ends_in_0_wherever_its_words_go(where: str, shop: Path) -> None:
    (shop / "runs" / "current").unlink(missing_ok=True)

    assert shell(f"boxwise nightly $SHOP {where}", shop) == Exit.PUBLISHED
    assert (shop / "runs" / "current" / "assignments.csv").is_file()


@pytest.mark.parametrize(
    "where", ["> /dev/full", ">&-", "| true; exit ${PIPESTATUS[0]}"], ids=["full", "closed", "gone"]
)
@pytest.mark.parametrize("command", ["check $SHOP", "--help", "--version"])
def test_an_answer_that_nobody_can_read_is_none(command: str, where: str, shop: Path) -> None:
    assert shell(f"boxwise {command} > /dev/null", shop) == 0
    assert shell(f"boxwise {command} {where}", shop) == Exit.CHECK_FAILED


def test_a_refusal_keeps_its_code_where_nobody_can_read_it(tmp_path: Path) -> None:
    folder = write_small_campaign(tmp_path, replace={"customers.csv": ("C02,north", ",north")})

    assert shell("boxwise nightly $SHOP > /dev/full 2> /dev/full", folder) == Exit.INPUT_REFUSED
    assert shell("boxwise check $SHOP >&- 2>&-", folder) == Exit.INPUT_REFUSED
    assert shell("boxwise nightly $SHOP/nowhere 2>&-", folder) == Exit.USAGE


@pytest.mark.parametrize("number", CAUGHT)
def test_a_night_that_is_stopped_says_so_and_publishes_nothing(number: int, tmp_path: Path) -> None:
    for pause in (0.2, 0.05, 0.0):
        folder = write_small_campaign(tmp_path / f"after {pause}")
        code, said = stopped_after(pause, number, folder)
        assert "Exception ignored" not in said, "a signal was swallowed"
        if code != Exit.PUBLISHED:  # else the machine was busy, and it was done before the signal came
            break

    assert code == Exit.STOPPED, said
    assert said.splitlines()[-1] == f"stopped from outside by {signal.Signals(number).name} before it was done"
    assert not (folder / "runs" / "current").exists()
    left = {path.name for path in (folder / "runs").iterdir()}
    assert left <= {".night.lock", "history.jsonl", "metrics.prom", "refused"}, "nothing half made"
    assert read_nights(folder / "runs").all[0].status == "stopped"


def stopped_after(pause: float, number: int, folder: Path) -> tuple[int, str]:
    """Exit code and standard error of a night that is sent a signal so many seconds after its first stage is done."""
    night = subprocess.Popen(
        [*BOXWISE, "nightly", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # the tests themselves may run under nohup
    )
    assert night.stderr is not None
    night.stderr.readline()
    time.sleep(pause)
    night.send_signal(number)
    _, said = night.communicate(timeout=120)
    return night.returncode, said


def test_a_limit_on_memory_ends_in_a_line(shop: Path) -> None:
    command = f"ulimit -v 1000000; exec {' '.join(BOXWISE)} nightly {shop}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)

    assert done.returncode == Exit.CHECK_FAILED
    assert done.stderr.startswith("too little memory: 1,536 MiB of address space are asked for")
    assert "977 MiB are allowed (ulimit). What helps: more memory" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def ended(command: Callable[[], object], capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    code = exit_code(command)
    return code, capsys.readouterr().err.splitlines()


def _of_numpy() -> None:
    np.empty(1 << 60, np.uint8)


def _of_arrow() -> None:
    pa.allocate_buffer(1 << 60)


def _of_python() -> None:
    bytearray(1 << 60)


def _of_a_thread() -> None:
    raise RuntimeError("can't start new thread")


def _of_the_loader() -> None:
    raise ImportError("libscipy.so: failed to map segment from shared object")


def _of_the_system() -> None:
    raise OSError(errno.ENOMEM, "Cannot allocate memory")


def _of_cpp() -> None:
    try:
        raise MemoryError("std::bad_alloc")
    except MemoryError as bad:
        raise ValueError("the solver failed") from bad


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (_of_numpy, "1.00 EiB more were asked for"),
        (_of_arrow, "1,099,511,627,776.0 MiB more were asked for"),
        (_of_python, "how much was asked for is not known"),
        (_of_a_thread, "how much was asked for is not known"),
        (_of_the_loader, "not known"),
        (_of_the_system, "not known"),
        (_of_cpp, "not known"),
    ],
)
def test_memory_that_cannot_be_had_is_no_bug(
    ask: Callable[[], None], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = ended(ask, capsys)

    assert code == Exit.CHECK_FAILED
    assert len(lines) == 1
    assert lines[0].startswith("too little memory: ")
    assert told in lines[0]


def test_the_stage_that_lacked_memory_is_named() -> None:
    with pytest.raises(MemoryError) as raised, Stages(io.StringIO()).stage("pack"):
        raise MemoryError

    refusal = lack_of_memory(raised.value)
    assert refusal is not None
    assert str(refusal).startswith("too little memory in the stage pack: ")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EMFILE])
def test_a_disk_that_refuses_is_one_line(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    def write() -> None:
        raise OSError(number, os.strerror(number), "/srv/shop/suggestion.toml")

    assert ended(write, capsys) == (5, [f"the disk refuses: {os.strerror(number)} (/srv/shop/suggestion.toml)"])


def test_a_bug_keeps_its_traceback() -> None:
    def bug() -> None:
        raise KeyError("out of luck")

    with pytest.raises(KeyError):
        exit_code(bug)


def test_a_deed_does_not_depend_on_its_words_and_an_answer_does(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = []
    for say in (mention, tell):
        with open("/dev/full", "w", buffering=1) as full, monkeypatch.context() as patch:  # noqa: PTH123
            patch.setattr(sys, "stdout", full)
            codes.append(exit_code(partial(say, ["so many"] * 2)))

    assert codes == [Exit.PUBLISHED, Exit.CHECK_FAILED]


def test_letters_that_a_terminal_lacks_are_escaped() -> None:
    below = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    stream = Steady(below)
    stream.write("crème 日\n")
    stream.flush()

    assert below.buffer.getvalue() == b"cr\\xe8me \\u65e5\n"
    assert stream.lost == ""


def test_progress_survives_a_dead_terminal() -> None:
    import pty

    ours, theirs = pty.openpty()
    terminal = os.fdopen(theirs, "w")
    stages = Stages(terminal)
    with stages.stage("train") as shown:
        os.close(ours)  # from here on the terminal answers with an error
        shown.say("round 1 of 2", 1, 2)
        time.sleep(0.3)  # the live line is drawn from a thread of its own
    stages.line("and goes on")
    Steady(terminal).settle()

    assert [done.stage for done in stages.measured] == ["train"]


@pytest.fixture
def usual_signals() -> Iterator[None]:
    """The handlers of a program just started, and those of the tests afterwards."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in CAUGHT}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("usual_signals")
def test_a_signal_after_the_last_step_changes_nothing() -> None:
    def night() -> None:
        with last_step():
            os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)

    assert exit_code(night) == Exit.PUBLISHED


@pytest.mark.usefixtures("usual_signals")
def test_a_signal_before_it_ends_the_command() -> None:
    def night() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    assert exit_code(night) == Exit.STOPPED


@pytest.mark.usefixtures("usual_signals")
def test_a_last_step_that_fails_lets_the_signal_through() -> None:
    def night() -> None:
        with last_step():
            os.kill(os.getpid(), signal.SIGTERM)
            raise CheckFailed("the disk is full")

    assert exit_code(night) == Exit.STOPPED
