"""What one column says of the rows of its table, as columns of a matrix whose rows have one length, or say nothing.

All kinds of columns end as blocks on one scale, so that a brand and a price weigh alike, and a text half as much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from jobs.features.cells import Cells

FEWEST = 2
"""Rows that must share a value; nothing can be learned from fewer."""
SHARED = 0.05
"""Share of the rows of a column that must share a value with another row; with less, the column holds names or numbers
of things (a supplier's code, an address), which say nothing about taste."""
TEXT_LENGTH = 0.5
"""Length of a row of words, where other columns have 1: a name mostly repeats what brand and category say, and what is
said twice would count twice."""


@dataclass(frozen=True, eq=False)
class Block:
    """Values of one column.

    name    the column
    matrix  CSR float32 (n_rows, n_values) >= 0
    values  what each column of the matrix stands for; "" = not answered
    text    the values are words of a free text
    """

    name: str
    matrix: sp.csr_matrix
    values: tuple[str, ...]
    text: bool = False

    @property
    def count(self) -> npt.NDArray[np.int64]:
        """Rows that have each value."""
        return np.bincount(self.matrix.indices, minlength=len(self.values)).astype(np.int64)

    def cut(self, keep: npt.NDArray[np.bool_]) -> Block:
        """The same with some of its values only."""
        values = tuple(value for value, kept in zip(self.values, keep.tolist(), strict=True) if kept)
        return Block(self.name, sp.csr_matrix(self.matrix[:, np.flatnonzero(keep)]), values, self.text)

    def told_apart(self) -> Block:
        """Without the values of fewer than FEWEST rows, and of all rows."""
        return self.cut((self.count >= FEWEST) & (self.count < self.matrix.shape[0]))

    def scaled(self) -> Block:
        """Rows of Euclidean length 1 (of texts, TEXT_LENGTH); a cell with k values gives each 1 / sqrt(k)."""
        matrix = sp.csr_matrix(self.matrix, copy=True)
        matrix.sort_indices()
        row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        length = np.sqrt(np.bincount(row, matrix.data.astype(np.float64) ** 2, minlength=matrix.shape[0]))
        matrix.data = (matrix.data / length[row] * (TEXT_LENGTH if self.text else 1)).astype(np.float32)
        return Block(self.name, matrix, self.values, self.text)


def block(
    name: str,
    cells: Cells,
    entries: tuple[npt.NDArray[np.floating], npt.NDArray[np.integer], npt.NDArray[np.integer]],
    values: list[str],
) -> Block:
    """A block from what each distinct cell says.

    entries  weight, cell and value of each entry
    """
    weight, cell, value = entries
    shape = (len(cells.distinct), len(values))
    of_cells = sp.csr_matrix(sp.coo_matrix((weight.astype(np.float32), (cell, value)), shape=shape))
    of_cells.eliminate_zeros()
    return Block(name, sp.csr_matrix(of_cells[cells.code]), tuple(values))


def value_block(name: str, cells: Cells, *, keep_empty: bool) -> Block | None:
    """One column per value that rows share; None where too few rows do.

    keep_empty  an empty cell is the value ""
    """
    parts, count = cells.parts, cells.count
    n_rows = np.bincount(parts.value, count[parts.cell], minlength=len(parts.values))
    useful = (n_rows >= FEWEST) & (n_rows < len(cells.code))
    sharing = np.zeros(len(count), bool)
    sharing[parts.cell[(n_rows >= FEWEST)[parts.value]]] = True
    if not sharing.any() or count[sharing].sum() < SHARED * count[cells.said].sum():
        return None
    kept = np.flatnonzero(useful)
    texts = parts.values.take(kept).to_pylist()
    rank = np.full(len(parts.values), -1, np.int64)
    order = sorted(range(len(kept)), key=texts.__getitem__)
    rank[kept[order]] = np.arange(len(kept))
    use = useful[parts.value]
    made = block(
        name,
        cells,
        (np.ones(int(use.sum())), parts.cell[use], rank[parts.value[use]]),
        [texts[position] for position in order],
    )
    return with_empty(made, cells) if keep_empty else made


def with_empty(made: Block, cells: Cells) -> Block:
    """The same with one more value, "", of the rows whose cell is empty."""
    empty = sp.csr_matrix((~cells.said[cells.code]).astype(np.float32)[:, None])
    return Block(made.name, sp.csr_matrix(sp.hstack((empty, made.matrix))), ("", *made.values), made.text)
