"""Public data sets as a recommender's inputs: Amazon Beauty by its order, Gowalla by its cells.

Ids only give seeds, and items are numbered by those: in both data sets the ids themselves tell something of taste.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from jobs.faults import UsageRefused
from jobs.learning.seeds import id_seeds
from recsys.base.events import Events
from recsys.training import Inputs

Array = npt.NDArray[Any]
Bools = npt.NDArray[np.bool_]
ENDLESS = 1e6
"""Days after which an event counts half: in effect never, where days are only made up to keep an order."""


@dataclass(frozen=True, eq=False)
class Ordered:
    """What customers chose, in order, and what is said about the items.

    customer_idx, item_idx  int32 (n_events,)
    steps                   int32 (n_events,) 0 = the customer's last event, 1 = the one before
    features                CSR float32 (n_items, n_attributes), rows of length 1 or 0; said of two items at least
    customer_seeds, item_seeds  uint64, one per id
    """

    customer_idx: Array
    item_idx: Array
    steps: Array
    features: sp.csr_matrix
    customer_seeds: npt.NDArray[np.uint64]
    item_seeds: npt.NDArray[np.uint64]

    @property
    def shape(self) -> tuple[int, int]:
        """(n_customers, n_items)."""
        return len(self.customer_seeds), len(self.item_seeds)

    def inputs(self, kept: Bools, reference: Bools | None = None) -> Inputs:
        """What is trained on: the kept events, a step back being a day; nothing is said about customers.

        reference  bool (n_items,) items that parts are standardised over; None = all
        """
        n = int(kept.sum())
        events = Events(
            self.customer_idx[kept], self.item_idx[kept], np.ones(n), self.steps[kept].astype(np.float32), *self.shape
        )
        return inputs_of(events, self.customer_seeds, self.item_seeds, self.features, reference)

    def matrix(self, chosen: Bools) -> sp.csr_matrix:
        """Which pairs the chosen events hold: CSR float32 (n_customers, n_items) of ones."""
        return cells(self.customer_idx[chosen], self.item_idx[chosen], self.shape)


def cells(rows: Array, columns: Array, shape: tuple[int, int]) -> sp.csr_matrix:
    """CSR float32 with a one wherever a pair is named."""
    matrix = sp.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def inputs_of(
    events: Events,
    customer_seeds: npt.NDArray[np.uint64],
    item_seeds: npt.NDArray[np.uint64],
    features: sp.csr_matrix,
    reference: Bools | None = None,
) -> Inputs:
    """Inputs without profiles; `reference` as in Ordered.inputs."""
    nothing = sp.csr_matrix(np.zeros((events.n_customers, 0), np.float32))
    catalogue = np.ones(events.n_items, bool) if reference is None else reference
    return Inputs(events, customer_seeds, item_seeds, features, nothing, catalogue)


def _present(*files: Path) -> None:
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise UsageRefused(f"not found: {', '.join(missing)}")


def _lines(file: Path) -> list[list[str]]:
    """The words of each line that has any."""
    return [words for line in file.read_text(encoding="utf-8").splitlines() if (words := line.split())]


def _numbered(ids: list[str], key: str) -> tuple[dict[str, int], npt.NDArray[np.uint64]]:
    """A position per different id, in the order of their seeds, and those seeds."""
    known = sorted(set(ids))
    seeds = id_seeds(known, key)
    order = np.argsort(seeds, kind="stable")
    return {known[at]: place for place, at in enumerate(order)}, seeds[order]


def read_beauty(path: Path) -> Ordered:
    """Read Beauty.txt (`customer item item ...`, in order of time) and Beauty_item2attributes.json.

    Raises UsageRefused when a file is not there.
    """
    files = (path / "Beauty.txt", path / "Beauty_item2attributes.json")
    _present(*files)
    lines = [line for line in _lines(files[0]) if len(line) > 1]
    customers, customer_seeds = _numbered([line[0] for line in lines], "customer")
    items, item_seeds = _numbered([item for line in lines for item in line[1:]], "item")
    lengths = [len(line) - 1 for line in lines]
    return Ordered(
        customer_idx=np.repeat([customers[line[0]] for line in lines], lengths).astype(np.int32),
        item_idx=np.array([items[item] for line in lines for item in line[1:]], np.int32),
        steps=np.concatenate([np.arange(n - 1, -1, -1, dtype=np.int32) for n in lengths]),
        features=_features(json.loads(files[1].read_text(encoding="utf-8")), items),
        customer_seeds=customer_seeds,
        item_seeds=item_seeds,
    )


def _features(attributes: dict[str, list[int]], items: dict[str, int]) -> sp.csr_matrix:
    """Each attribute of an item counts alike, and all of them together as much as those of any other item."""
    pairs = [(place, attribute) for item, place in items.items() for attribute in set(attributes.get(item, []))]
    rows, said = np.array(pairs, np.int64).reshape(-1, 2).T
    names, columns = np.unique(said, return_inverse=True)
    have = np.bincount(columns, minlength=len(names))
    table = sp.csr_matrix(cells(rows, columns, (len(items), len(names)))[:, np.flatnonzero(have > 1)])
    length = np.sqrt(np.maximum(np.diff(table.indptr), 1))
    return sp.csr_matrix(sp.diags(1 / length) @ table, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Cells:
    """Who visited what: CSR float32 of ones (n_customers, n_items) to train on and to be found; seeds, one per id."""

    train: sp.csr_matrix
    test: sp.csr_matrix
    customer_seeds: npt.NDArray[np.uint64]
    item_seeds: npt.NDArray[np.uint64]

    def inputs(self) -> Inputs:
        """What is trained on: all cells at one moment, nothing said about anybody or anything."""
        rows, columns = self.train.nonzero()
        n_customers, n_items = self.train.shape
        n = len(rows)
        events = Events(rows, columns, np.ones(n), np.zeros(n), n_customers, n_items)
        return inputs_of(
            events, self.customer_seeds, self.item_seeds, sp.csr_matrix(np.zeros((n_items, 0), np.float32))
        )

    def validation(self, seed: int, share: float = 0.1) -> Cells:
        """A drawn share of the train cells takes the place of the test cells."""
        rows, columns = self.train.nonzero()
        held = np.random.default_rng(seed).random(len(rows)) < share
        parts = [cells(rows[one], columns[one], self.train.shape) for one in (~held, held)]
        return Cells(parts[0], parts[1], self.customer_seeds, self.item_seeds)


def read_gowalla(path: Path) -> Cells:
    """Read s_adj_mat.npz, customers' rows and columns before the items', and test.txt (`customer item item ...`).

    Raises UsageRefused when a file is not there.
    """
    files = (path / "s_adj_mat.npz", path / "test.txt")
    _present(*files)
    lines = _lines(files[1])
    both = sp.csr_matrix(sp.load_npz(files[0]))
    n_customers = _first_item(both)
    items = [f"{item}" for item in range(both.shape[0] - n_customers)]
    places, item_seeds = _numbered(items, "item")
    order = np.array([places[item] for item in items])
    known = sp.coo_matrix(both[:n_customers, n_customers:].astype(bool))
    shape = (n_customers, len(items))
    tested = np.repeat([int(line[0]) for line in lines], [len(line) - 1 for line in lines])
    found = np.array([int(item) for line in lines for item in line[1:]], np.int64)
    customer_seeds = id_seeds([f"{customer}" for customer in range(n_customers)], "customer")
    return Cells(
        cells(known.row, order[known.col], shape), cells(tested, order[found], shape), customer_seeds, item_seeds
    )


def _first_item(both: sp.csr_matrix) -> int:
    """Where customers end and items begin: the first row whose columns all stand before it.

    The matrix is [[0, R], [R', 0]]: columns of a customer's row are items and stand behind it.
    """
    rows = np.flatnonzero(np.diff(both.indptr))
    last = np.maximum.reduceat(both.indices, both.indptr[rows])
    return int(rows[np.argmax(last < rows)])
