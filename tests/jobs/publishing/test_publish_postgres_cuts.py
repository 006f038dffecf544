"""Publishing to a PostgreSQL that is read all the time, and cut at any moment: publisher, server or connection."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from jobs.faults import AnotherNight, CheckFailed
from jobs.publishing.postgres import load as postgres_load
from jobs.publishing.postgres import session as postgres_session
from jobs.publishing.postgres.target import publish, rollback
from jobs.publishing.postgres.url import parse
from tests.jobs.postgres_server import (
    Server,
    hooked_sessions,
    left_over,
    publish_and_kill,
    read_all,
    seen,
)
from tests.jobs.website_runs import write_run


def end_session(base: Server, pid: int) -> None:
    """Cut a session and wait until it is gone."""
    base.rows("SELECT pg_terminate_backend(%s)", pid)
    while base.rows("SELECT FROM pg_stat_activity WHERE pid = %s", pid):
        time.sleep(0.005)


@contextmanager
def reading(base: Server, numbers: int, timeout: str = "10s") -> Iterator[list[tuple[float, str]]]:
    """Readers in a loop while the block runs; what they saw and when they began to ask. What they meet is raised."""
    found: list[tuple[float, str]] = []
    met: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            with base.connect() as conn:
                conn.execute(f"SET statement_timeout = '{timeout}'")
                while not done.is_set():
                    began = time.perf_counter()
                    found.append((began, read_all(conn, f"K000000{random.randrange(6)}")))
        except BaseException as bad:
            met.append(bad)

    readers = [threading.Thread(target=read) for _ in range(numbers)]
    for reader in readers:
        reader.start()
    try:
        yield found
    finally:
        done.set()
        for reader in readers:
            reader.join()
    if met:
        raise met[0]


def test_twenty_releases_under_readers_never_tear_and_are_seen_at_once(base: Server, tmp_path: Path) -> None:
    runs = [write_run(tmp_path, f"run-{number:02}") for number in range(20)]
    publish(runs[0], base.url, keep=2)
    since = [0.0]
    with reading(base, 2) as found:
        for run in runs[1:]:
            publish(run, base.url, keep=2)
            since.append(time.perf_counter())
            time.sleep(0.02)
    assert len({run_id for _, run_id in found}) > 10
    for began, run_id in found:
        published = max(number for number, moment in enumerate(since) if moment <= began)
        assert int(run_id[-2:]) >= published, (began, run_id)


def test_a_long_reader_holds_up_the_turn_but_no_other_reader(base: Server, tmp_path: Path) -> None:
    publish(write_run(tmp_path, "a"), base.url)
    second = write_run(tmp_path, "b")
    with base.connect() as long:
        long.execute("SET application_name = 'monthly report'; BEGIN; SELECT FROM boxwise.boxes")
        with reading(base, 2, timeout="1s") as found, pytest.raises(CheckFailed) as refused:
            publish(second, base.url, patience_s=1.5)
        assert {run_id for _, run_id in found} == {"a"}
        (line,) = refused.value.lines
        assert f"session {long.info.backend_pid} (postgres, monthly report) holds boxwise.boxes since " in line
        assert read_all(long) == "a"  # its transaction sees one release to the end
    assert "its release was still there" in publish(second, base.url)[0]
    assert seen(base) == "b"


def test_a_transaction_older_than_the_load_never_finds_an_empty_table(base: Server, tmp_path: Path) -> None:
    publish(write_run(tmp_path, "a"), base.url)
    with base.connect() as old:
        old.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
        publish(write_run(tmp_path, "b"), base.url)
        assert read_all(old) == "b"


def test_the_second_publisher_is_told_who_is_first(base: Server, tmp_path: Path, monkeypatch: Any) -> None:
    run = write_run(tmp_path, "a")
    monkeypatch.setattr(postgres_session, "LOCK_PATIENCE_S", 0.2)
    address = parse(base.url)
    with postgres_session.session(address, "publishing") as first:
        with postgres_session.only_publisher(first, address):
            who = rf"another publish is running on .*: session {first.info.backend_pid} of postgres, since 20.* UTC$"
            for second in (lambda: publish(run, base.url), lambda: rollback(base.url)):
                with pytest.raises(AnotherNight, match=who):
                    second()
        end_session(base, first.info.backend_pid)
    publish(run, base.url)


def test_a_publisher_killed_at_any_moment_leaves_a_whole_release(base: Server, tmp_path: Path) -> None:
    publish(write_run(tmp_path, "start"), base.url, keep=2)
    draw = random.Random(1)
    killed = 0
    for attempt in range(12):
        run = write_run(tmp_path, f"killed-{attempt:02}", keys=1500, length=20)
        before = seen(base)
        killed += publish_and_kill(base.url, run, draw.uniform(0.0, 0.35))
        assert seen(base) in (before, run.name)
        publish(write_run(tmp_path, f"next-{attempt:02}"), base.url, keep=2)
        assert seen(base) == f"next-{attempt:02}"
        assert not left_over(base)
    assert killed > 3


def test_a_connection_cut_before_any_statement_leaves_a_whole_release(base: Server, tmp_path: Path) -> None:
    publish(write_run(tmp_path, "start"), base.url, keep=2)
    statement, reached = 0, True
    while reached:
        statement += 1
        reached = False
        run, before = write_run(tmp_path, f"cut-{statement:03}", keys=4), seen(base)

        def cut(conn: psycopg.Connection[Any], number: int, at: int = statement) -> None:
            nonlocal reached
            if number == at:
                reached = True
                end_session(base, conn.info.backend_pid)

        with hooked_sessions(cut), suppress(CheckFailed):
            publish(run, base.url, keep=2)
        assert seen(base) in (before, run.name)
        if statement % 4 == 0 or not reached:
            assert "nothing was done" in publish(run, base.url, keep=2)[0] or seen(base) == run.name
            publish(write_run(tmp_path, f"next-{statement:03}"), base.url, keep=2)
            assert not left_over(base)
    assert statement > 30


def test_a_server_that_dies_during_copy_is_one_line_and_the_old_release_stays(
    base: Server, tmp_path: Path, monkeypatch: Any
) -> None:
    publish(write_run(tmp_path, "a"), base.url)
    run = write_run(tmp_path, "b", keys=2000)
    original = postgres_load.binary_rows

    def dies_midway(*words: Any) -> Iterator[bytes]:
        for portion in original(*words):
            yield portion[:1000]
            base.kill()
            yield portion[1000:]

    monkeypatch.setattr(postgres_load, "binary_rows", dies_midway)
    with pytest.raises(CheckFailed) as refused:
        publish(run, base.url)
    monkeypatch.undo()
    (line,) = refused.value.lines
    assert line.startswith(f"{base.shown}: the connection was lost (")
    with pytest.raises(
        CheckFailed, match=r"no connection: .*; publishing was not done, what readers see is as it was$"
    ):
        publish(run, base.url)
    base.start()
    assert seen(base) == "a"
    publish(run, base.url)
    assert seen(base) == "b"
    assert not left_over(base)


FULL = """
    CREATE FUNCTION full_disk() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE disk_full USING MESSAGE = 'could not extend file "base/5/16400": No space left on device';
    END $$
"""


def test_a_full_disk_is_one_line_and_the_old_release_stays(base: Server, tmp_path: Path) -> None:
    publish(write_run(tmp_path, "a"), base.url)
    run = write_run(tmp_path, "b")
    base.do(
        FULL, "CREATE EVENT TRIGGER full_ ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION full_disk()"
    )
    with pytest.raises(CheckFailed) as refused:
        publish(run, base.url)
    (line,) = refused.value.lines
    assert line == (
        f'{base.shown}: could not extend file "base/5/16400": No space left on device; '
        "publishing was not done, what readers see is as it was"
    )
    assert seen(base) == "a"
    assert not left_over(base)
    base.do("DROP EVENT TRIGGER full_")
    publish(run, base.url)
    assert seen(base) == "b"


def test_no_message_tells_a_password(base: Server, tmp_path: Path) -> None:
    run, secret = write_run(tmp_path, "a"), "s3cr3t/@ %"
    base.do("CREATE ROLE locked LOGIN PASSWORD 'another'")
    with base.asking_for_password("locked"), pytest.raises(CheckFailed) as refused:
        publish(run, base.url_of("locked", secret))
    (line,) = refused.value.lines
    assert 'password authentication failed for user "locked"' in line
    assert not any(part in line for part in ("s3cr3t", "%25"))
    base.do("DROP ROLE locked")
