"""What a derivative's graph is built of: a number times a node, with operators that simplify (see algebra.py)."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.reading import Expression
from dezero.core.variable import Variable
from dezero.rewriting.numbers import Number


class Term(Expression):
    """`c * node`; node is a Variable, a raw array that depends on nothing, or None for the number c itself.

    whole: the node of the graph that the term was read from, where numbers were taken out of it. Operations get it as
    it was computed: a comparison is not to take another rounding of c * node for another branch.
    """

    __slots__ = ("c", "node", "whole")

    def __init__(self, F: Any, c: Number, node: Any, whole: Variable | None = None) -> None:
        self.F = F
        self.c, self.node, self.whole = c, node, whole  # c is 0 for zero alone, its node None

    @property
    def shape(self) -> tuple[int, ...]:
        return () if self.node is None else self.node.shape

    @property
    def dtype(self) -> Any:
        return np.dtype(type(self.c)) if self.node is None else self.node.dtype

    def __neg__(self) -> Term:
        return Term(self.F, -self.c, self.node)


class Constant(Term):
    """An array of the graph known to be full of the number c: arithmetic takes the number, all else an array."""

    __slots__ = ("dtype", "shape")

    def __init__(self, F: Any, c: Number, like: Any, whole: Variable | None = None) -> None:
        super().__init__(F, c, None, whole)
        self.shape, self.dtype = like.shape, like.dtype  # type: ignore[misc]
