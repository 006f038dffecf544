"""The command of [notify] learns how the night ended, and whatever it does the night's end stays as it is."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from jobs.config.load import load
from jobs.telling.notify import NotifyFailed, environment, notify
from jobs.telling.outcome import Outcome
from tests.jobs.small_campaign import write_small_campaign

ROW: dict[str, Any] = {
    "status": "refused", "exit": 3, "run_id": None, "stage": "extract", "seconds": 1.5,
    "ended_utc": "2026-11-28T02:21:06Z", "lines": ["one", "two; $(rm -rf /) `x` \0"],
}  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write_small_campaign(tmp_path)


def outcome(shop: Path, *command: str, timeout_s: float = 30, **more: Any) -> Outcome:
    with (shop / "campaign.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[notify]\ncommand = {list(command)!r}\ntimeout_s = {timeout_s}\n")
    return Outcome(load(shop), ROW | more)


def python(code: str) -> tuple[str, ...]:
    return sys.executable, "-c", code


def test_it_learns_everything_and_no_shell_reads_it(shop: Path) -> None:
    code = "import os; open('told', 'w').write(repr({k: v for k, v in os.environ.items() if k[:8] == 'BOXWISE_'}))"

    notify(outcome(shop, *python(code)))

    told = eval((shop / "told").read_text())
    assert told == {
        "BOXWISE_STATUS": "refused", "BOXWISE_EXIT": "3", "BOXWISE_RUN_ID": "", "BOXWISE_CAMPAIGN": "2026-12 small",
        "BOXWISE_CAMPAIGN_FILE": str(shop / "campaign.toml"), "BOXWISE_RUN": "", "BOXWISE_REPORT": "",
        "BOXWISE_STAGE": "extract", "BOXWISE_SECONDS": "1.5", "BOXWISE_ENDED_UTC": "2026-11-28T02:21:06Z",
        "BOXWISE_LINES": "one\ntwo; $(rm -rf /) `x` ",
    }  # fmt: skip


def test_arguments_are_no_words_of_a_shell(shop: Path) -> None:
    notify(outcome(shop, *python("import sys; open('told', 'w').write(sys.argv[1])"), "; touch x $HOME"))

    assert (shop / "told").read_text() == "; touch x $HOME"
    assert not (shop / "x").exists()


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (python("import sys; print('no such host'); sys.exit(7)"), "ended with 7: no such host"),
        (python("import sys; sys.exit(7)"), "ended with 7: it said nothing"),
        (("/no/such/command",), "cannot be run: .*No such file"),
    ],
)
def test_what_fails_is_told(shop: Path, command: tuple[str, ...], told: str) -> None:
    with pytest.raises(NotifyFailed, match=told):
        notify(outcome(shop, *command))


def test_it_is_ended_in_time_with_all_that_it_started(shop: Path) -> None:
    child = "import subprocess; subprocess.run(['sleep', '600'])"
    began = time.monotonic()

    with pytest.raises(NotifyFailed, match=r"took longer than 0\.5 s and was ended"):
        notify(outcome(shop, *python(child), timeout_s=0.5))

    assert time.monotonic() - began < 60, "the child holds the pipe for ten minutes"


def test_lines_without_end_fit_an_environment(shop: Path) -> None:
    told = environment(outcome(shop, "true", lines=["é" * 1000] * 1000))

    assert len(told["BOXWISE_LINES"].encode()) <= 60_000
    notify(outcome(write_small_campaign(shop / "again"), "true", lines=["é" * 1000] * 1000))


def test_without_a_command_nothing_is_run(shop: Path) -> None:
    notify(Outcome(load(shop), ROW))
