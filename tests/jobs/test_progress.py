"""Stages tell a person where the night is: one line each without a terminal, a live line with one."""

import io
import os
import pty
import re
import time

import pytest

from jobs.progress import Pace, Stages


def test_one_line_per_stage_without_a_terminal():
    stream = io.StringIO()
    stages = Stages(stream)
    with stages.stage("train") as shown:
        shown.say("round 1 of 2", 1, 2)
        shown.say("2,469 customers")
    with stages.stage("pack"):
        pass
    lines = stream.getvalue().splitlines()
    assert [line.split()[1:3] for line in lines] == [["-", "train"], ["-", "pack"]]
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ - ", line) for line in lines)
    assert lines[0].endswith("2,469 customers")
    assert [m.stage for m in stages.measured] == ["train", "pack"]
    assert all(m.seconds >= 0 and m.peak_mib > 1 for m in stages.measured)


def test_core_seconds_are_those_of_work_and_not_of_waiting():
    stages = Stages(io.StringIO())
    with stages.stage("wait"):
        time.sleep(0.05)
    with stages.stage("work"):
        spent = time.process_time()
        while time.process_time() < spent + 0.05:
            pass
    wait, work = stages.measured
    assert wait.cpu_seconds < wait.seconds
    assert work.cpu_seconds >= 0.05


def test_a_stage_that_fails_is_not_reported_as_done():
    stream = io.StringIO()
    stages = Stages(stream)
    with pytest.raises(RuntimeError), stages.stage("pack"):
        raise RuntimeError
    assert stream.getvalue() == ""
    assert stages.measured == []


def test_a_terminal_sees_the_stage_while_it_runs():
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal:
        stages = Stages(terminal)
        with stages.stage("train") as shown:
            shown.say("round 1 of 2", 1, 2)
            stages._live.refresh()
    seen = os.read(ours, 1 << 16).decode()
    assert "train: round 1 of 2" in seen
    os.close(ours)


def test_the_solver_tells_gap_and_time_left_in_words():
    stream = io.StringIO()
    with Stages(stream).stage("pack") as shown:
        shown.solving("prices", 3.2, 0.00012, 8.4)
    assert "prices, 3 s, at most 0.0120% from the best possible, about 8 s left" in stream.getvalue()


def test_the_time_left_follows_from_the_pace():
    pace = Pace()
    assert pace.left(100.0, 0, 10) is None
    assert pace.left(101.0, 1, 10) is None, "too early to tell"
    assert pace.left(104.0, 2, 10) == pytest.approx(4.0 / 2 * 8)
    assert pace.left(110.0, 10, 10) == 0
    assert pace.left(111.0, 4, 10) is None, "it went back: other work has begun"
    assert pace.left(115.0, 6, 10) == pytest.approx(4.0 / 2 * 4)
    assert pace.left(116.0, 3, 20) is None, "so it has with another total"
    assert pace.left(117.0, None, None) is None
    assert pace.left(120.0, 9, 20) is None, "and after work that tells nothing"


def test_a_terminal_is_told_the_time_left(monkeypatch):
    moments = iter([0.0, 10.0, 20.0, 30.0])
    monkeypatch.setattr("jobs.progress.time.perf_counter", lambda: next(moments))
    shown = []

    class Live:
        def update(self, task, description, **bar):
            shown.append(description)

    stages = Stages(io.StringIO())
    stages._live = Live()
    stages._name = "lists"
    for done in (0, 1, 2):
        stages.say("personal lists", done, 4)
    assert shown == [
        "lists: personal lists",
        "lists: personal lists, about 30 s left",
        "lists: personal lists, about 20 s left",
    ]
