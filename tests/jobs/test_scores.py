"""A score is the same byte whoever asks for it, and in whatever portions."""

import numpy as np
import pytest

from jobs.packing.scores import GRID, InMemory, OnGrid


class ShapeSensitive:
    """Scores whose last bit depends on how many rows are asked for, as a matrix product's may."""

    shape = (2 * GRID + 77, 3)

    def block(self, lo, hi):
        rows = np.arange(lo, hi, dtype=np.float32)[:, None]
        return rows + np.float32(hi - lo) + np.arange(3, dtype=np.float32)


@pytest.mark.parametrize(("lo", "hi"), [(0, 5), (GRID - 1, GRID + 1), (7, 2 * GRID + 77), (GRID, GRID)])
def test_portions_never_change_a_byte(lo, hi):
    grid = OnGrid(ShapeSensitive())
    whole = grid.block(0, grid.shape[0])
    assert grid.block(lo, hi).tobytes() == whole[lo:hi].tobytes()


def test_scores_in_memory_are_read_only_views():
    scores = InMemory(np.zeros((4, 2), np.float32))
    assert scores.shape == (4, 2)
    with pytest.raises(ValueError, match="read-only"):
        scores.block(1, 3)[0, 0] = 1
