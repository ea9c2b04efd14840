"""What a rule may ask of `F`, the reading in which it is evaluated.

A rule is written once, `rule(F, g, *arguments, y, **parameters)`, and evaluated in six readings:

- RawReading (core/registry.py): raw arrays, for derivatives that are not differentiated again;
- RecordedReading (here): Variables; every operation is recorded, without rewriting;
- Algebra (rewriting/algebra.py): terms, shared and simplified, for the graph of a derivative;
- SeriesReading (series/reading.py): power series in one parameter, for Taylor mode;
- CollapsedReading (series/collapsed.py): the weighted sum of series along many directions, computed at once;
- DependenceReading (derivatives/sparse/dependence.py): which arguments an expression mentions, for sparsity patterns.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import apply
from dezero.core.dtypes import DType, Shape, Shaped, is_half
from dezero.core.op import declared
from dezero.core.variable import ArrayLike, Variable, wrap


class Arithmetic(Protocol):
    """What every value has that a rule computes with: an array, Variable, term or series."""

    def __add__(self, other: Any, /) -> Self: ...
    def __sub__(self, other: Any, /) -> Self: ...
    def __mul__(self, other: Any, /) -> Self: ...
    def __rmul__(self, other: Any, /) -> Self: ...
    def __truediv__(self, other: Any, /) -> Self: ...
    def __neg__(self) -> Self: ...
    @property
    def dtype(self) -> DType: ...


Value = TypeVar("Value", bound=Arithmetic)  # what the operations of one reading take and give


class Reading(Protocol[Value]):
    """What a rule may ask: every operation as an attribute, called with its parameters by name."""

    def __getattr__(self, name: str, /) -> Callable[..., Value]: ...
    def zeros_like(self, x: Value, /) -> Value: ...


class GraphReading(Reading[Value], Protocol):
    """What a sweep over a graph asks in addition. A value stands for a node: a Variable, or a term of an algebra."""

    def term(self, value: ArrayLike, /) -> Value:
        """The value that stands for a node, array or number."""

    def node(self, term: Value, /) -> ArrayLike:
        """The Variable, array or number for which a value stands."""

    def total(self, terms: list[Value], /) -> Value:
        """The sum of one value or more."""

    def filled(self, term: Value, like: Shaped, /) -> Value:
        """A value that is an array: a number becomes an array full of it."""

    def fit(self, term: Value, shape: Shape, target: Shape, /) -> Value:
        """A cotangent of an element-wise result of `shape`, summed to an argument's `target` shape."""


class Expression(Generic[Value]):
    """The operators of a reading's values, where these are neither arrays nor Variables.

    F: the reading, which has every operation.
    """

    __array_ufunc__ = None  # an array on the left of an operator defers
    __slots__ = ("F",)
    F: Reading[Value]

    def __add__(self, other: object) -> Value:
        return self.F.add(self, other)

    def __radd__(self, other: object) -> Value:
        return self.F.add(other, self)

    def __sub__(self, other: object) -> Value:
        return self.F.sub(self, other)

    def __rsub__(self, other: object) -> Value:
        return self.F.sub(other, self)

    def __mul__(self, other: object) -> Value:
        return self.F.mul(self, other)

    def __rmul__(self, other: object) -> Value:
        return self.F.mul(other, self)

    def __truediv__(self, other: object) -> Value:
        return self.F.div(self, other)

    def __rtruediv__(self, other: object) -> Value:
        return self.F.div(other, self)

    def __pow__(self, other: object) -> Value:
        return self.F.pow(self, other)

    def __rpow__(self, other: object) -> Value:
        return self.F.pow(other, self)

    def __neg__(self) -> Value:
        return self.F.neg(self)

    def __matmul__(self, other: object) -> Value:
        return self.F.matmul(self, other)

    def __rmatmul__(self, other: object) -> Value:
        return self.F.matmul(other, self)

    @property
    def T(self) -> Value:
        return self.F.transpose(self, axes=None)


class RecordedReading:
    """Variables; every operation is recorded, and nothing is shared, cancelled or otherwise rewritten."""

    shared: frozenset[int] = frozenset()

    def __getattr__(self, name: str) -> Callable[..., Variable]:
        op = declared[name]
        return lambda *args, **parameters: apply(op.bind(**parameters) if parameters else op, *args)

    def term(self, value: Any) -> Any:
        return value

    node = term

    def total(self, terms: list[Variable]) -> Variable:
        if len(terms) > 2 and is_half(raw(terms[0])):
            return self.linear_combination(*terms, weights=(1,) * len(terms))
        return functools.reduce(operator.add, terms)

    def filled(self, g: Variable | float, like: Shaped) -> Variable:
        return wrap(np.full(like.shape, g, like.dtype)) if isinstance(g, int | float) else g

    def fit(self, g: Variable, shape: Shape, target: Shape) -> Variable:
        if g.shape != shape:
            g = self.broadcast_to(g, shape=shape)
        return g if shape == target else self.sum_to(g, shape=target)

    def zeros_like(self, x: ArrayLike) -> Variable:
        return wrap(np.zeros_like(raw(x)))
