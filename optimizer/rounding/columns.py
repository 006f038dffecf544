"""Choices: boxes that a programme may give to a customer, gathered, merged and thinned."""

from __future__ import annotations

import numpy as np

from optimizer.oracle.oracle import Choices
from optimizer.problem import Int32


def nearest_choices(near: Choices, most: int) -> Choices:
    """Everyone's best box and the `most` others that lose least."""
    first = np.flatnonzero(np.r_[True, near.customer[1:] != near.customer[:-1]][: near.customer.size])
    loss = np.repeat(near.worth[first], np.diff(np.r_[first, near.customer.size])) - near.worth
    loss[first] = -1
    order = np.lexsort((np.arange(loss.size), loss))[: first.size + most]
    kept = np.sort(order)
    return Choices(near.customer[kept], near.box[kept], near.worth[kept])


def as_choices(boxes: Int32, customers: Int32) -> Choices:
    return Choices(customers, boxes[customers], np.zeros(customers.size, np.int64))


def merged(a: Choices, b: Choices) -> Choices:
    """Both pools, without repeats, ordered by customer and box (items falling)."""
    customer = np.concatenate([a.customer, b.customer])
    box = -np.sort(-np.concatenate([a.box, b.box]), axis=1)
    keys = np.column_stack([customer, box])
    _, first = np.unique(keys, axis=0, return_index=True)
    return Choices(customer[first], box[first], np.concatenate([a.worth, b.worth])[first])
