"""Where to publish to: addresses are read as libpq reads them or refused in one line, and no line tells a password."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.faults import UsageRefused
from jobs.publishing import targets
from jobs.publishing.postgres import target as postgres
from jobs.publishing.postgres.url import parse
from tests.jobs.website_runs import write_run

words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12)
hosts = st.sampled_from(["db.example", "10.0.0.7", "[::1]", "a.example:5432,b.example:5433", ""])
ports = st.none() | st.integers(1, 65535)


@given(words, words, hosts, ports, words, st.dictionaries(st.sampled_from(["sslmode", "options"]), words))
def test_a_good_address_means_what_libpq_reads(
    user: str, password: str, host: str, port: int | None, database: str, options: dict[str, str]
) -> None:
    place = f"{host}:{port}" if port and "," not in host else host
    url = f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@{place}/{quote(database, safe='')}"
    if options:
        url += "?" + "&".join(f"{key}={quote(value, safe='')}" for key, value in options.items())
    assert dict(parse(url).conninfo) == psycopg.conninfo.conninfo_to_dict(url)


@given(words.filter(lambda secret: len(secret) > 3 and secret not in "postgresql"))
def test_neither_the_shown_address_nor_a_scrubbed_line_tells_the_password(secret: str) -> None:
    address = parse(f"postgresql://u:{quote(secret, safe='')}@h:1/d?sslpassword=x{quote(secret, safe='')}")
    assert address.shown == "postgresql://u@h:1/d"
    assert secret not in repr(address)
    assert secret not in address.scrub(f"FATAL: {secret} and x{secret} and {quote(secret)}")


SECRET = "hunter2"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        (f"mysql://u:{SECRET}@h/d", "found mysql://"),
        (f"u:{SECRET}@h/d", "found no address"),
        (f"host=h password={SECRET}", "found no address"),
        (f"postgresql://u:{SECRET}@h", "found an address without a database"),
        (f"postgresql://u:{SECRET}@h/", "found an address without a database"),
        (f"postgresql://u:{SECRET}@h:port/d", "found a host or port that cannot be read"),
        (f"postgresql://u:{SECRET}@h:70000/d", "found a host or port that cannot be read"),
        (f"postgresql://u:{SECRET}", "found a host or port that cannot be read"),
        (f"postgresql://u:a/{SECRET}@h/d", "found a special character where none may stand"),
        (f"postgresql://u:a?{SECRET}@h/d", "found a special character where none may stand"),
        (f"postgresql://u:a#{SECRET}@h/d", "found a special character where none may stand"),
        (f"postgresql://u:{SECRET}%zz@h/d", "found a % that is no code of a character"),
        (f"postgresql://u:{SECRET} x@h/d", "found a space or a character that cannot be seen"),
        (f"postgresql://u:{SECRET}@[::1/d", "found an address that cannot be read"),
        (f"postgresql://u:{SECRET}@h/d?ssl_mode=on", "found the option 'ssl_mode'"),
        (f"postgresql://u:{SECRET}@h/d?sslmode", "found options that cannot be read"),
    ],
)
def test_a_wrong_address_is_refused_in_one_line_without_its_password(url: str, found: str) -> None:
    with pytest.raises(UsageRefused) as refused:
        read(url)
    (line,) = refused.value.lines
    assert line.startswith(f"URL: {found}, expected ")
    assert SECRET not in line


def test_every_target_offers_what_the_commands_ask_for() -> None:
    for scheme in targets.TARGETS:
        module = targets.target(f"{scheme.upper()}://x")
        assert all(callable(getattr(module, name)) for name in ("publish", "rollback", "hide", "unhide", "hidden"))
    assert targets.target("postgres://h/d") is postgres


def read(url: str) -> None:
    targets.target(url)
    parse(url)


def boxwise(*told: str, before: str = "pass") -> subprocess.CompletedProcess[str]:
    code = f"import sys; {before}; sys.argv = ['boxwise', *sys.argv[1:]]; from jobs.cli.main import main; main()"
    return subprocess.run([sys.executable, "-c", code, *told], capture_output=True, text=True, check=False)


def test_without_the_extra_the_line_says_what_to_install(tmp_path: Path) -> None:
    url = "postgresql://u:hunter2@h/d"
    told = boxwise("publish", str(tmp_path), "--to", url, before="sys.modules['psycopg'] = None")
    assert (told.returncode, told.stdout) == (2, "")
    assert re.fullmatch(r"publishing to postgresql:// needs .*: pip install 'boxwise\[postgres\]'\n", told.stderr)


@pytest.mark.parametrize(
    ("more", "code", "line"),
    [
        ((), 2, "found no RUN to publish, expected a run's folder, e.g. runs/current"),
        (("--rollback", "--keep", "3"), 2, "--keep goes with publishing a run, not with --rollback"),
        (("nowhere",), 2, "there is no run at nowhere: expected a run's folder, e.g. runs/current"),
        (("--rollback",), 5, "postgresql://u@/d?host=/nowhere: no connection: "),
    ],
)
def test_the_command_refuses_in_one_line(more: tuple[str, ...], code: int, line: str) -> None:
    told = boxwise("publish", "--to", "postgresql://u:hunter2@/d?host=/nowhere", *more)
    assert (told.returncode, told.stdout, len(told.stderr.splitlines())) == (code, "", 1)
    assert told.stderr.startswith(line)
    assert "hunter2" not in told.stderr


def test_a_run_is_refused_before_anything_is_asked_of_a_server(tmp_path: Path) -> None:
    run = write_run(tmp_path, "a")
    (run / "inputs" / "campaign.toml").unlink()
    told = boxwise("publish", str(run), "--to", "postgresql:///d?host=/nowhere")
    assert told.returncode == 2
    assert "campaign.toml" in told.stderr
