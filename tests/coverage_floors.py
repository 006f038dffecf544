"""Coverage of the parts that must not be wrong unseen, held against floors: `python -m tests.coverage_floors`.

Reads what `make test PYTEST=--cov` measured: lines and branches, in the test processes themselves.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from coverage import Coverage
from coverage.exceptions import CoverageException

FLOORS = {
    "the second opinion": (["optimizer/verify/*"], 98.0),
    "publishing": (["jobs/publishing/*"], 94.0),
    "the website's reader": (["jobs/publishing/website_reader.py"], 98.0),
    "the readers of tables": (["jobs/inputs/*", "jobs/cells/*", "jobs/joins/*", "jobs/reading/*"], 96.0),
}
"""What it is -> its files and the least per cent of lines and branches that the tests must run."""


def main() -> int:
    """Print one line per part; 1 = one is below its floor, or nothing was measured."""
    measured = Coverage()
    measured.load()
    below = 0
    for words, (files, floor) in FLOORS.items():
        table = io.StringIO()
        try:
            share = measured.report(include=files, file=table, show_missing=True, skip_covered=True)
        except CoverageException as nothing:
            print(f"{words}: {nothing} (first: make test PYTEST=--cov)", file=sys.stderr)
            return 1
        below += share < floor
        print(
            f"{words}: {share:.1f} % of {', '.join(files)}, at least {floor:.0f} %{' -- TOO LITTLE' * (share < floor)}"
        )
        if share < floor:
            print(table.getvalue())
    return int(below > 0)


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    sys.exit(main())
