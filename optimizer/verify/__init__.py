"""The second opinion: is a plan legal, is its value right, does its proof hold? Recomputed from the problem alone.

plan        a whole plan: boxes, order, value, bound, how it ended
boxes       every rule, box by box and across boxes
bound       the bound that prices prove, over all pairs
best_box    worth of each customer's best legal box at some prices, by dynamic programming over states
menu        what each customer's box is searched from
bands       best boxes under bands
states      states of a box while it is filled
rulebook    the rules of a box, written for that
impossible  proofs that slots stay empty and promised units unsent

Imports `optimizer.problem` and nothing else of the solver, no Numba, no OR-tools, no SciPy. This file hands the public
names on: `from optimizer.verify import ...`.
"""

from optimizer.verify.bound import NoLegalBoxError, price_bound
from optimizer.verify.boxes import Fault, check, quota_totals, usage
from optimizer.verify.impossible import empty_slots, unsent_units
from optimizer.verify.plan import check_plan, plan_value, shortfalls

__all__ = [
    "Fault",
    "NoLegalBoxError",
    "check",
    "check_plan",
    "empty_slots",
    "plan_value",
    "price_bound",
    "quota_totals",
    "shortfalls",
    "unsent_units",
    "usage",
]
