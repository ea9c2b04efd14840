"""Terms, of which a derivative's graph is built: a number times a node, with operators that simplify."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.dtypes import Array, DType, Shape, Shaped
from dezero.core.reading import Expression
from dezero.core.variable import ArrayLike, Variable
from dezero.rewriting.numbers import Number

Factor = Variable | Array  # what a number multiplies


class Term(Expression["Term"]):
    """`c * node`; node is a Variable, a raw constant array, or None: the term is the number c.

    whole: the node of the graph that equals the term, where numbers were taken out of that node. Operations get the
    whole: a comparison could take another branch for c * node, which is rounded differently.
    """

    __slots__ = ("c", "node", "whole")
    node: Any  # Factor or None: c and the branches of the algebra tell which

    def __init__(self, F: Any, c: Number, node: Factor | None, whole: Variable | None = None) -> None:
        self.F = F
        self.c, self.node, self.whole = c, node, whole  # where c is 0, node is None

    @property
    def shape(self) -> Shape:
        return () if self.node is None else self.node.shape

    @property
    def dtype(self) -> DType:
        return np.dtype(type(self.c)) if self.node is None else self.node.dtype

    def __neg__(self) -> Term:
        return Term(self.F, -self.c, self.node)


class Constant(Term):
    """An array of the graph that is full of the number c. Arithmetic uses the number, other operations an array."""

    __slots__ = ("dtype", "shape")

    def __init__(self, F: Any, c: Number, like: Shaped, whole: Variable | None = None) -> None:
        super().__init__(F, c, None, whole)
        self.shape, self.dtype = like.shape, like.dtype  # type: ignore[misc]


TermLike = Term | ArrayLike
