"""The docs as a site: `make docs` builds it without network, every page is on it, and no link leads nowhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
if not (ROOT / "mkdocs.yml").is_file():
    pytest.skip("the docs belong to the repository, not to the wheel", allow_module_level=True)
SOURCES = ("docs", "data/README.md", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "mkdocs.yml", "jobs/nightly.py")


def build(repository: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of this checkout."""
    folder = tmp_path_factory.mktemp("site")
    told = build(ROOT, folder)
    assert told.returncode == 0, told.stderr
    return folder


def test_every_page_is_on_the_site(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    named = {Path("index.html") if page.stem == "README" and len(page.parts) == 1 else page for page in pages}
    named = {page.with_name("index.html") if page.stem == "README" else page for page in named}
    outside = {Path(name) for name in ("index.html", "contributing.html", "changelog.html", "demo-data.html")}

    assert {path.relative_to(site) for path in site.rglob("*.html")} >= named | outside


def test_a_reader_without_network_sees_all_of_it(site: Path) -> None:
    fetched = re.compile(r"""(?:src=|<link[^>]*href=|url\()["']?(?:https?:)?//[^"')]*""")
    found = {
        str(path): fetched.findall(path.read_text("utf-8"))
        for end in ("html", "css")
        for path in site.rglob(f"*.{end}")
    }

    assert {path: names for path, names in found.items() if names} == {}


def test_links_out_of_the_docs_lead_to_pages_and_code_is_only_named(site: Path) -> None:
    home = (site / "index.html").read_text("utf-8")

    assert 'href="packing.html"' in home
    assert 'href="decisions/index.html"' in home
    assert 'src="report.png"' in home
    assert 'href="jobs/' not in home


@pytest.mark.parametrize(
    ("page", "line"),
    [
        ("docs/glossary.md", "[gone](no-such-page.md)"),
        ("docs/glossary.md", "[gone](packing.md#no-such-heading)"),
        ("README.md", "[gone](docs/no-such-page.md)"),
        ("docs/not-in-the-list.md", "A page that nobody finds."),
    ],
)
def test_what_leads_nowhere_fails(page: str, line: str, tmp_path: Path) -> None:
    for source in SOURCES:
        whole, copy = ROOT / source, tmp_path / "repository" / source
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(whole, copy) if whole.is_dir() else shutil.copy(whole, copy)
    with (tmp_path / "repository" / page).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")

    told = build(tmp_path / "repository", tmp_path / "site")

    assert told.returncode != 0
    assert "no-such" in told.stderr or "not-in-the-list" in told.stderr


def test_every_decision_is_in_the_list_under_its_title() -> None:
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text("utf-8")
    for path in sorted((ROOT / "docs" / "decisions").glob("0*.md")):
        number, title = path.read_text("utf-8").splitlines()[0].removeprefix("# ").split(". ", 1)
        assert f"\n{number}. [{title}]({path.name})" in listed
