"""A small file that unpacks to more than any table is: refused before it fills the memory.

A table of people and products packs to a tenth or a hundredth, never to a five hundredth; only what is made to does.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.reading.collect import Collected

MOST_TIMES = 500
"""So many times its own size a file may unpack to."""
ALWAYS = 256 * 2**20
"""Up to so many bytes whatever its size."""
EXPECTED = f"a table that unpacks to at most {MOST_TIMES} times its size"
_CELL = 4
"""Bytes of a cell at least, however short the file says it: a code, or an offset."""


def most_bytes(path: Path) -> int:
    """What the file may unpack to."""
    return max(ALWAYS, MOST_TIMES * path.stat().st_size)


def refuse_large(file: str, path: Path, n_bytes: int, collected: Collected) -> bool:
    """Whether that is too much; it is then a fault."""
    if n_bytes <= most_bytes(path):
        return False
    found = f"{path.stat().st_size:,} bytes that unpack to {n_bytes:,} or more"
    collected.fault(file, None, None, found, EXPECTED)
    return True


def parquet_bytes(path: Path, columns: list[str]) -> int:
    """What the file says that these columns unpack to, and no less than their cells take."""
    told = pq.ParquetFile(path).metadata
    of_file = sum(told.row_group(number).total_byte_size for number in range(told.num_row_groups))
    return max(int(of_file), int(told.num_rows) * len(columns) * _CELL)


def text_bytes(table: pa.Table, most: int) -> int:
    """Bytes of the repeated texts of a table when each is written out; 0 where that cannot be more than `most`."""
    total = 0
    for column in table.columns:
        if not pa.types.is_dictionary(column.type) or not pa.types.is_string(column.type.value_type):
            continue
        for chunk in column.chunks:
            lengths = pc.binary_length(chunk.dictionary)
            longest = pc.max(lengths).as_py() or 0
            if longest * len(chunk) > most:
                total += pc.sum(lengths.cast(pa.int64()).take(chunk.indices)).as_py() or 0
    return total
