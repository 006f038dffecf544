"""Ranked lists as JSON text, made column by column: `[{"product_id": ..., "score": ..., "reason": ...}, ...]`.

Six million entries a night are too many for json.dumps one by one; each distinct product and reason is dumped once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jobs.cells.arrow_texts import texts
from jobs.outputs.sent import Sent, coded

LISTS_AT_ONCE = 20_000
Idx = npt.NDArray[np.integer[Any]]


class Ranked(Protocol):
    """Ranked lists of products, one per key, such as `jobs.recommending.lists.Ranked`.

    product_ids  (n_products,) ids that `idx` points into
    idx          int32 (n_keys, k), best first, -1 = no more
    score        float32 (n_keys, k), finite where idx >= 0
    reason       int32 (n_keys, k) positions in `reasons`
    """

    @property
    def keys(self) -> Sequence[str]:
        """(n_keys,) what a reader looks up."""
        ...

    @property
    def product_ids(self) -> npt.NDArray[Any]: ...
    @property
    def idx(self) -> npt.NDArray[np.int32]: ...
    @property
    def score(self) -> npt.NDArray[np.float32]: ...
    @property
    def reason(self) -> npt.NDArray[np.int32]: ...
    @property
    def reasons(self) -> Sequence[str]: ...


def ranked_lists(ranked: Ranked) -> Iterator[list[str]]:
    """The JSON of every key's list, in order of the keys, in portions."""
    heads = _heads(ranked.product_ids)
    tails = _tails(ranked.reasons)
    for lo in range(0, len(ranked.keys), LISTS_AT_ONCE):
        part = slice(lo, lo + LISTS_AT_ONCE)
        yield _lists(heads, ranked.idx[part], ranked.score[part], tails, ranked.reason[part])


def sent_lists(
    n_customers: int, product_ids: Sequence[str], sent: Sent, reasons: Sequence[str] | pa.DictionaryArray
) -> Iterator[list[str]]:
    """The JSON of every box, in order, in portions; `[]` for an empty one.

    product_ids  (n_items,) in the positions of `sent`; reasons (n_sent,)
    """
    heads, why = _heads(product_ids), coded(reasons)
    tails, code = _tails(why.dictionary.to_pylist()), why.indices.to_numpy()
    width = int(sent.slot.max(initial=0))
    for lo in range(0, n_customers, LISTS_AT_ONCE):
        hi = min(lo + LISTS_AT_ONCE, n_customers)
        start, stop = np.searchsorted(sent.customer_idx, [lo, hi])
        cell = (sent.customer_idx[start:stop] - lo, sent.slot[start:stop] - 1)
        idx, reason = np.full((hi - lo, width), -1, np.int64), np.zeros((hi - lo, width), np.int64)
        score = np.zeros((hi - lo, width), np.float32)
        idx[cell], reason[cell] = sent.item_idx[start:stop], code[start:stop]
        score[cell] = sent.score[start:stop]
        yield _lists(heads, idx, score, tails, reason)


def customers_boxes(
    lists: Iterable[Sequence[str]], box_ids: Sequence[str] | pd.Series, first: npt.NDArray[np.int64]
) -> Iterator[list[tuple[str, str, str]]]:
    """Of every customer: all items of her boxes in one list, the list of each box, and the names of the boxes, as JSON.

    lists    the JSON list of every box, in portions; those of one customer side by side
    box_ids  (n_boxes,); first int64 (n_people + 1,) first box of each customer
    """
    names = _names(box_ids)
    if (np.diff(first) == 1).all():  # one box each, the common case: nothing is joined
        at = 0
        for portion in lists:
            yield [
                (box, f"[{box}]", f"[{name}]") for box, name in zip(portion, names[at : at + len(portion)], strict=True)
            ]
            at += len(portion)
        return
    flat = chain.from_iterable(lists)
    done: list[tuple[str, str, str]] = []
    for lo, hi in pairwise(first.tolist()):
        boxes = [next(flat) for _ in range(lo, hi)]
        items = boxes[0] if hi - lo == 1 else f"[{', '.join(box[1:-1] for box in boxes if box != '[]')}]"
        done.append((items, f"[{', '.join(boxes)}]", f"[{', '.join(names[lo:hi])}]"))
        if len(done) == LISTS_AT_ONCE:
            yield done
            done = []
    yield done


def _names(box_ids: Sequence[str] | pd.Series) -> list[str]:
    """The names of boxes as JSON, each distinct one made once."""
    code, distinct = pd.factorize(np.asarray(box_ids, object))
    made = [_json(str(name)) for name in distinct]
    return [made[at] for at in code.tolist()]


def _lists(heads: pa.Array, idx: Idx, score: npt.NDArray[np.float32], tails: pa.Array, reason: Idx) -> list[str]:
    """One JSON list per row of idx."""
    present = idx >= 0
    if not np.isfinite(score[present]).all():
        raise ValueError("expected finite scores in a list, found NaN or infinity")
    if (present[:, 1:] & ~present[:, :-1]).any():
        raise ValueError("expected the places after the first -1 of a list to be -1 as well")
    parts = [pa.repeat(_text("["), len(idx))]
    for place in range(idx.shape[1]):
        missing = ~present[:, place]
        product = pa.array(idx[:, place].astype(np.int32), mask=missing)
        why = pa.array(reason[:, place].astype(np.int32), mask=missing)
        number = pc.cast(pa.array(score[:, place].astype(np.float32), mask=missing), pa.large_string())
        comma = _text(", " if place else "")
        parts.append(pc.binary_join_element_wise(comma, heads.take(product), number, tails.take(why), _text("")))
    lists = pc.binary_join_element_wise(*parts, _text("]"), _text(""), null_handling="replace", null_replacement="")
    return list(lists.to_numpy(zero_copy_only=False).tolist())


def _heads(product_ids: Sequence[str] | npt.NDArray[Any]) -> pa.Array:
    return texts([f'{{"product_id": {_json(str(product_id))}, "score": ' for product_id in product_ids])


def _tails(reasons: Sequence[str]) -> pa.Array:
    return texts([f', "reason": {_json(reason)}}}' for reason in reasons])


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _text(value: str) -> pa.Scalar:
    return pa.scalar(value, pa.large_string())
