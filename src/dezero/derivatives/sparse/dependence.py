"""The rules of operations read for what a derivative depends on, not for its value.

If the rule of an argument gives zeros, the operation has no derivative in that argument. If it mentions an argument,
the two are coupled: the second derivative in both need not vanish. The rule of `mul` for a is g * b, so a is coupled
with b and not with itself; that of `abs` is g * sign(x), and sign has the derivative 0, so nothing is coupled.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from dezero.core.op import BILINEAR, LINEAR, Op, declared
from dezero.core.registry import values
from dezero.core.variable import Variable

_RESULT = -1  # the place of y among the arguments of a rule

Places = frozenset[int]


class Quantity:
    """What is known of a value in a rule: the places of the arguments that it depends on; None for an exact zero."""

    __array_ufunc__ = None  # arrays on the left of an operator defer
    __slots__ = ("dtype", "places", "shape")

    def __init__(self, places: Places | None, like: Any = None) -> None:
        self.places = places
        if hasattr(like, "shape"):  # a rule that asks for a missing shape fails, and is taken to depend on everything
            self.shape, self.dtype = like.shape, like.dtype

    def _sum(self, other: object) -> Quantity:
        parts = [p for p in (self.places, _places(other)) if p is not None]
        return Quantity(frozenset().union(*parts) if parts else None)

    def _product(self, other: object) -> Quantity:
        places = _places(other)
        return Quantity(None if self.places is None or places is None else self.places | places)

    def _power(self, other: object) -> Quantity:
        return Quantity((self.places or frozenset()) | (_places(other) or frozenset()))

    __add__ = __radd__ = __sub__ = __rsub__ = _sum
    __mul__ = __rmul__ = __truediv__ = __matmul__ = __rmatmul__ = _product
    __pow__ = __rpow__ = __rtruediv__ = _power

    def __neg__(self) -> Quantity:
        return self

    @property
    def T(self) -> Quantity:
        return self


def _places(x: object) -> Places | None:
    if isinstance(x, Quantity):
        return x.places
    return None if isinstance(x, int | float) and x == 0 else frozenset()


class DependenceReading:
    """The `F` of this reading."""

    def __getattr__(self, name: str) -> Callable[..., Quantity]:
        return functools.partial(self.call, name)

    def zeros_like(self, x: object) -> Quantity:
        return Quantity(None)

    def call(self, name: str, *args: object, **parameters: object) -> Quantity:
        if not any([_places(x) for x in args]):
            return Quantity(frozenset())
        found: Places = frozenset()
        for i in _slopes(name, args, parameters):
            found |= _places(args[i]) or frozenset()
        return Quantity(found)


_F = DependenceReading()
_known: dict[tuple[object, ...], Places] = {}
_asked: set[str] = set()  # operations being read now: the rules of sin and cos ask for each other


def _slopes(name: str, args: tuple[object, ...], parameters: dict[str, object]) -> Places:
    """The arguments in which an operation has a derivative."""
    key = (name, *[repr(x) if isinstance(x, int | float | complex) else None for x in args])
    if key in _known and not parameters:
        return _known[key]
    everything = frozenset(range(len(args)))
    if name in _asked or not hasattr(values, name):  # (asking loads what a later room declares)
        return everything
    _asked.add(name)
    try:
        op = declared[name].bind(**parameters) if parameters else declared[name]
        stands_for = [Quantity(frozenset()) if isinstance(x, Quantity) else x for x in args]
        slopes = frozenset([i for i in everything if _read(op, i, stands_for) is not None])
    finally:
        _asked.discard(name)
    if not parameters and not _asked:
        _known[key] = slopes
    return slopes


def _read(op: Op, i: int, args: list[Any]) -> Places | None:
    """The places that the expression of a rule mentions; None where it is zero."""
    try:
        return _places(op.rules[i](_F, Quantity(frozenset()), *args, Quantity(frozenset([_RESULT]))))
    except Exception:  # the rule asks a Quantity for more than it knows
        return frozenset([_RESULT])


class Dependence:
    """slopes: the places of a node's Variables in which it has a derivative. couples: unordered pairs of them,
    (i, j) with i <= j, in which its second derivative need not vanish."""

    def __init__(self, node: Variable) -> None:
        op, args = node._op, node._args
        variables = [i for i, a in enumerate(args) if isinstance(a, Variable)]
        if not isinstance(op, Op):
            self.slopes = variables
            self.couples = {(i, j) for i in variables for j in variables if i <= j}
            return
        stands_for = [
            Quantity(frozenset([i]) if isinstance(a, Variable) else frozenset(), _value(a)) if _array(a) else a
            for i, a in enumerate(args)
        ]
        mentions = {i: _read(op, i, stands_for) for i in variables}
        self.slopes = [i for i in variables if mentions[i] is not None]
        self.couples = set()
        if op.kind is LINEAR:
            return
        if op.kind is BILINEAR:
            self.couples = {(i, j) for i in self.slopes for j in self.slopes if i < j}
            return
        for i in self.slopes:
            places = mentions[i] or frozenset()
            others = self.slopes if _RESULT in places else [j for j in self.slopes if j in places]
            self.couples |= {(min(i, j), max(i, j)) for j in others}


def _array(a: object) -> bool:
    return isinstance(a, Variable) or hasattr(a, "dtype")


def _value(a: Any) -> Any:
    return a._data if isinstance(a, Variable) else a
