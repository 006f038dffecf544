"""Scores held in memory are one matrix that nobody changes."""

import numpy as np
import pytest

from jobs.posing.scores import InMemory


def test_scores_in_memory_are_read_only_views():
    scores = InMemory(np.zeros((4, 2), np.float32))
    assert scores.shape == (4, 2)
    with pytest.raises(ValueError, match="read-only"):
        scores.block(1, 3)[0, 0] = 1
