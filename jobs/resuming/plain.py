"""What a stage made as a tree of plain JSON and a row of arrays of numbers, and back.

No code is kept, and reading runs none: beside numbers, texts and containers there are only the dataclasses of a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from jobs.config.campaign import Campaign
from jobs.resuming.text_arrays import as_arrays, as_texts

Array = npt.NDArray[Any]
MANY = 1_000
"""A list of so many texts is kept as arrays."""
NUMBERS = "biuf"
"""Kinds of numbers that an array may hold: bool, whole, whole >= 0, float."""


class Writer:
    """Turns values into nodes; what is met again is named, not written again."""

    def __init__(self, known: Mapping[str, type]) -> None:
        self.arrays: list[Array] = []
        self._names = {kind: name for name, kind in known.items()}
        self._place: dict[int, int] = {}
        self._met: list[object] = []  # held, so that no id is given to another meanwhile

    def node(self, value: Any) -> Any:
        """The node of a value: JSON. Raises TypeError for what may not be kept."""
        if value is None or type(value) in (bool, int, float, str):
            return value
        if id(value) in self._place:
            return ["same", self._place[id(value)]]
        made = self._new(value)
        self._place[id(value)] = len(self._met)
        self._met.append(value)
        return made

    def _new(self, value: Any) -> Any:
        if isinstance(value, Campaign):
            return ["campaign"]  # the reader hands its own
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, np.generic):
            return ["number", self._array(np.array([value]))]
        if isinstance(value, Enum) and type(value) in self._names:
            return ["one of", self._names[type(value)], value.name]
        if is_dataclass(value) and type(value) in self._names:
            told = [(one.name, self.node(getattr(value, one.name))) for one in fields(value) if one.init]
            return ["made", self._names[type(value)], dict(told)]
        return self._container(value)

    def _container(self, value: Any) -> Any:
        if isinstance(value, sp.csr_matrix):
            return ["csr", *(self.node(part) for part in (value.data, value.indices, value.indptr)), list(value.shape)]
        if isinstance(value, pd.DataFrame):
            return ["frame", [[str(name), self._column(value[name])] for name in value.columns]]
        if isinstance(value, pd.Index) and value.dtype == "str":
            return ["index", self._texts(value.to_numpy(dtype=object))]
        if isinstance(value, dict):
            return ["dict", [[self.node(key), self.node(item)] for key, item in value.items()]]
        if isinstance(value, list) and len(value) >= MANY and all(type(one) is str for one in value):
            return ["texts", self._texts(value)]
        if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
            return [type(value).__name__, [self.node(one) for one in value]]
        if isinstance(value, frozenset) and all(type(one) is str for one in value):
            return ["set", sorted(value)]
        if type(value) is date:
            return ["day", value.isoformat()]
        raise TypeError(f"a {type(value).__name__} may not be kept")

    def _array(self, value: Array) -> Any:
        if value.dtype == object:
            return ["objects", self._texts(value.ravel()), list(value.shape)]
        if value.dtype.kind not in NUMBERS or type(value) is not np.ndarray:
            raise TypeError(f"an array of {value.dtype} may not be kept")
        self.arrays.append(value)
        return ["array", len(self.arrays) - 1]

    def _texts(self, texts: Sequence[str] | Array) -> Any:
        return [self._array(part) for part in as_arrays(texts)]

    def _column(self, column: pd.Series) -> Any:
        if column.dtype == "str":
            return ["texts", self._texts(column.to_numpy(dtype=object))]
        return self._array(column.to_numpy()) if column.dtype.kind in NUMBERS else self.node(column.tolist())


class Reader:
    """Turns nodes back into the values they stand for.

    arrays    as the writer gathered them
    known     the dataclasses and enums that may be made, by name
    campaign  stands wherever a campaign stood

    Raises ValueError, KeyError, TypeError, IndexError or AttributeError where a node is none.
    """

    def __init__(self, arrays: Sequence[Array], known: Mapping[str, type], campaign: Campaign) -> None:
        self._arrays = arrays
        self._known = known
        self._campaign = campaign
        self._met: list[Any] = []

    def value(self, node: Any) -> Any:
        """The value of a node."""
        if not isinstance(node, list):
            return node
        kind, *told = node
        if kind == "same":
            return self._met[told[0]]
        made = self._KINDS[kind](self, *told)
        self._met.append(made)
        return made

    def _array(self, number: int) -> Array:
        return self._arrays[number]

    def _texts(self, parts: Any) -> list[str]:
        offsets, letters = (self._array(*part[1:]) for part in parts)
        return as_texts(offsets, letters)

    def _objects(self, parts: Any, shape: list[int]) -> Array:
        return np.array(self._texts(parts), object).reshape(shape)

    def _number(self, node: Any) -> Any:
        return self._array(*node[1:])[0]

    def _csr(self, *told: Any) -> sp.csr_matrix:
        data, indices, indptr = map(self.value, told[:3])
        n_rows, n_columns = told[3]
        ends = indptr.size == n_rows + 1 and indptr[0] == 0 and indptr[-1] == indices.size == data.size
        if not ends or (np.diff(indptr) < 0).any():
            raise ValueError("rows that are none")
        if indices.size and not 0 <= indices.min() <= indices.max() < n_columns:
            raise ValueError("columns that are none")
        matrix = sp.csr_matrix((n_rows, n_columns), dtype=data.dtype)
        matrix.data, matrix.indices, matrix.indptr = data, indices, indptr  # the types of positions stay as they were
        return matrix

    def _frame(self, columns: Any) -> pd.DataFrame:
        return pd.DataFrame({name: self._column(node) for name, node in columns}, columns=[name for name, _ in columns])

    def _column(self, node: Any) -> pd.Series:
        if node[0] == "texts":
            return pd.Series(self._texts(node[1]), dtype="str")
        return pd.Series(self._array(*node[1:])) if node[0] == "array" else pd.Series(self.value(node), dtype=object)

    def _made(self, name: str, told: dict[str, Any]) -> Any:
        return self._known[name](**{field: self.value(node) for field, node in told.items()})

    _KINDS: Mapping[str, Callable[..., Any]] = {
        "array": _array,
        "objects": _objects,
        "number": _number,
        "csr": _csr,
        "frame": _frame,
        "texts": _texts,
        "index": lambda self, parts: pd.Index(self._texts(parts), dtype="str"),
        "dict": lambda self, pairs: {self.value(key): self.value(item) for key, item in pairs},
        "list": lambda self, nodes: [self.value(node) for node in nodes],
        "tuple": lambda self, nodes: tuple(self.value(node) for node in nodes),
        "set": lambda _, texts: frozenset(texts),
        "day": lambda _, text: date.fromisoformat(text),
        "one of": lambda self, name, member: self._known[name][member],
        "made": _made,
        "campaign": lambda self: self._campaign,
    }
