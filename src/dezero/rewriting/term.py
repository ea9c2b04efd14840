"""What a derivative's graph is built of: a number times a node, with operators that simplify (see terms.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dezero.rewriting.numbers import Number

if TYPE_CHECKING:
    from dezero.core.variable import Variable
    from dezero.rewriting.algebra import Builder
    from dezero.rewriting.table import Table


class Term:
    """`c * node`; node is a Variable, a raw array that depends on nothing, or None for the number c itself.

    whole: the node of the graph that the term was read from, where numbers were taken out of it. Operations get it as
    it was computed: a comparison is not to take another rounding of c * node for another branch.
    """

    __slots__ = ("build", "c", "node", "whole")

    def __init__(self, build: Table, c: Number, node: Any, whole: Variable | None = None) -> None:
        self.build: Builder = build  # type: ignore[assignment]  # the only kind of table that there is
        self.c, self.node, self.whole = c, node, whole  # c is 0 for zero alone, its node None

    @property
    def shape(self) -> tuple[int, ...]:
        return () if self.node is None else self.node.shape

    @property
    def dtype(self) -> Any:
        return np.dtype(type(self.c)) if self.node is None else self.node.dtype

    def __neg__(self) -> Term:
        return Term(self.build, -self.c, self.node)

    def __add__(self, other: Any) -> Term:
        return self.build.total([self, self.build.term(other)])

    __radd__ = __add__

    def __sub__(self, other: Any) -> Term:
        return self.build.total([self, -self.build.term(other)])

    def __rsub__(self, other: Any) -> Term:
        return self.build.total([self.build.term(other), -self])

    def __mul__(self, other: Any) -> Term:
        return self.build.product(self, other if type(other) is Term else self.build.term(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Term:
        return self.build.quotient(self, other if type(other) is Term else self.build.term(other))

    def __rtruediv__(self, other: Any) -> Term:
        return self.build.quotient(self.build.term(other), self)

    def __pow__(self, other: Any) -> Term:
        return self.build.power(self, self.build.term(other))

    def __rpow__(self, other: Any) -> Term:
        return self.build.power(self.build.term(other), self)

    def __matmul__(self, other: Any) -> Term:
        return self.build.matmul(self, other)

    @property
    def T(self) -> Term:
        return self.build.transpose(self, axes=None)


class Full(Term):
    """An array of the graph known to be full of the number c: arithmetic takes the number, all else an array."""

    __slots__ = ("dtype", "shape")

    def __init__(self, build: Table, c: Number, like: Any, whole: Variable | None = None) -> None:
        super().__init__(build, c, None, whole)
        self.shape, self.dtype = like.shape, like.dtype  # type: ignore[misc]
