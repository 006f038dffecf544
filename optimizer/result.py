"""What packing answers: `from optimizer.result import Plan, Termination`. They live in optimizer/problem/plan.py."""

from optimizer.problem.plan import Plan, Prices, Termination

__all__ = ["Plan", "Prices", "Termination"]
