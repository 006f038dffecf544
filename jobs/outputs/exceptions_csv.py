"""exceptions.csv: everything that did not go as it should, who and what it concerns, why, and what would fix it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from jobs.csv_text import write_csv
from jobs.packing.exceptions import COLUMNS


def write_exceptions(path: Path, exceptions: pd.DataFrame) -> None:
    """Write exceptions.csv in the order given; every column is text, '' where it does not apply."""
    write_csv(path, exceptions.astype("str"), COLUMNS)
