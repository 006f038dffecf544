"""Parquet tables: only the columns that are wanted, repeated texts kept encoded, the file hashed as it is read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.reading.collect import Collected, Raw
from jobs.reading.file_kinds import sha256
from jobs.reading.unpacked import most_bytes, parquet_bytes, refuse_large, text_bytes


def read_parquet(name: str, file: str, path: Path, wanted: tuple[str, ...] | None, collected: Collected) -> Raw | None:
    """Read a Parquet table; None when it cannot be read as one.

    wanted  columns to read; None = all
    """
    digest = sha256(path)
    try:
        schema = pq.read_schema(path)
        repeated = [column for column, times in Counter(schema.names).items() if times > 1]
        for column in repeated:
            collected.fault(file, None, column, "several columns of this name", "every column name once")
        if repeated:
            return None
        columns = [column for column in schema.names if wanted is None or column in wanted]
        if refuse_large(file, path, parquet_bytes(path, columns), collected):
            return None
        texts = [column for column in columns if pa.types.is_string(schema.field(column).type)]
        table = pq.ParquetFile(path, read_dictionary=texts).read(columns=columns)
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, NotImplementedError, ValueError):
        collected.fault(file, None, None, "a file that cannot be read as Parquet", "a whole Parquet file")
        return None
    if refuse_large(file, path, text_bytes(table, most_bytes(path)), collected):
        return None
    return Raw(name, file, path, digest, table, tuple(schema.names))
