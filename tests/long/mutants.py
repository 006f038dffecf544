"""Mutants: a module's source with one operator or number changed, to see whether the tests notice.

Each changes one thing: < to <=, `and` to `or`, plus to minus, a number by one, or a condition to its opposite.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SWAPS: dict[type, type] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.USub: ast.UAdd,
}  # fmt: skip
NO_CODE = ("annotation", "returns", "decorator_list")
"""Parts of a function that say something of it and compute nothing."""


@dataclass(frozen=True)
class Mutant:
    """A changed source, and what was changed."""

    words: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    number = 0
    while True:
        tree = ast.parse(source)
        points = list(_points(tree))
        if number == len(points):
            return
        words = points[number]()
        yield Mutant(words, ast.unparse(tree))
        number += 1


def _points(tree: ast.AST) -> Iterator[Any]:
    """For every place where something can be changed, a call that changes it and says what it did."""
    for node in _code(tree):
        if isinstance(node, ast.Compare):
            yield from (_swap(node, node.ops, at) for at in range(len(node.ops)))
        elif isinstance(node, ast.BoolOp | ast.BinOp | ast.AugAssign | ast.UnaryOp) and type(node.op) in SWAPS:
            yield _swap(node, node, None)
        elif isinstance(node, ast.Constant) and type(node.value) is int:
            yield _raise(node)
        elif isinstance(node, ast.If | ast.IfExp | ast.While):
            yield _negate(node)


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree that compute something, in order."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in NO_CODE or isinstance(node, ast.JoinedStr):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _code(child)


def _swap(node: Any, holder: Any, at: int | None) -> Any:
    def change() -> str:
        before = ast.unparse(node)
        if at is None:
            holder.op = SWAPS[type(holder.op)]()
        else:
            holder[at] = SWAPS[type(holder[at])]()
        return f"line {node.lineno}: {before} -> {ast.unparse(node)}"

    return change


def _raise(node: ast.Constant) -> Any:
    def change() -> str:
        assert isinstance(node.value, int)
        before, node.value = node.value, node.value + 1
        return f"line {node.lineno}, column {node.col_offset}: {before} -> {before + 1}"

    return change


def _negate(node: Any) -> Any:
    def change() -> str:
        before = ast.unparse(node.test)
        node.test = ast.UnaryOp(ast.Not(), node.test)
        return f"line {node.lineno}: if {before} -> its opposite"

    return change
