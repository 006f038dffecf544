"""The packing problem in positions and integers, its plan, and what both are made of; checked once, trusted everywhere.

boxes   BoxProblem: utilities, allowed pairs, stock, pools, quotas, locks, box sizes
rules   what holds in one box (groups, bands, pairs) and across boxes (quotas)
plan    Plan, its prices, and how the search ended
cut     customers who share too little stock
pairs   utility and allowed of every pair, in memory or made on demand, in one shape
arrays  names for array types

This file hands the public names on: `from optimizer.problem import ...`.
"""

from optimizer.problem.arrays import Bool, Int32, Int64
from optimizer.problem.boxes import BoxProblem, to_points
from optimizer.problem.cut import Cut
from optimizer.problem.pairs import GRID, Pairs, UtilityBlocks
from optimizer.problem.plan import Plan, Prices, Termination
from optimizer.problem.rules import (
    NO_LIMIT,
    POINTS,
    Band,
    BoxRules,
    GroupLimit,
    IntArray,
    PairRule,
    Quota,
    ShortPolicy,
    frozen,
)

__all__ = [
    "GRID",
    "NO_LIMIT",
    "POINTS",
    "Band",
    "Bool",
    "BoxProblem",
    "BoxRules",
    "Cut",
    "GroupLimit",
    "Int32",
    "Int64",
    "IntArray",
    "PairRule",
    "Pairs",
    "Plan",
    "Prices",
    "Quota",
    "ShortPolicy",
    "Termination",
    "UtilityBlocks",
    "frozen",
    "to_points",
]
