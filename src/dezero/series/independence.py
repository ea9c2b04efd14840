"""Whether elements, or rows, that are asked for one by one stay apart on the way through a graph.

One sweep along a direction of ones gives the derivative of every row in its own numbers only if no row's result depends
on another row. This is decided in two steps:

1. Each operation tells where the rows of its arguments stand in its result (autodiff/rows.py). If all do, the rows
   stay apart, and nothing is computed.
2. If one cannot tell (a user's Function, a permutation), series are computed along directions in some of the rows. Each
   row has a code word, and series j moves the rows whose word has a 1 in place j. So each element of the result shows
   the union of the words of the rows that it depends on. No word contains another one (J. M. Berger, Information and
   Control 4 (1961) 68), so the union of two words is never taken for a single word.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.autodiff.rows import independent_axes, proved_rows
from dezero.core.dtypes import Array, is_inexact
from dezero.core.graph import Nodes, collect, leading_to
from dezero.core.op import Independent, Op
from dezero.core.variable import Variable
from dezero.core.watch.tracing import ConcretizationError, tracing
from dezero.series.expansion import Known, advance
from dezero.series.power import Series, coefficient
from dezero.series.reading import SeriesReading

Plain = Array | tuple[Array, ...]  # the value of a node; of an operation with several results a tuple
_EPS = float(np.finfo(np.float64).eps)
_NOISE = 2**14  # in units of eps: a change of an element that is smaller than this is taken for rounding


def check_elements(name: str, outputs: Sequence[Variable], x: Variable, order: int, remedy: str) -> None:
    """ValueError where an element of the outputs depends on more than one element of x."""
    culprit = _mixing(outputs, x, independent_axes(x.shape), None, order)
    if culprit:
        raise ValueError(
            f"{name}: an element of the result depends on several elements of the argument, of shape {x.shape} "
            f"(through {culprit}); {remedy}"
        )


def check_batch(name: str, y: Variable, x: Variable, order: int) -> None:
    """ValueError where a row of y (N, ...) depends on any row of x (N, d) but its own."""
    if x.ndim < 2 or x.shape[0] < 2:
        return
    culprit = _mixing([y], x, (-2,), -y.ndim, order)
    if culprit:
        raise ValueError(
            f"{name}: the result at one point of the batch {x.shape} depends on other points (through {culprit}), so "
            "that the batch is one function of all its numbers; ask point by point, or make the function one of each "
            "point (a normalisation over the batch with its running statistics, as in test_mode)"
        )


def _mixing(outputs: Sequence[Variable], x: Variable, rows: Independent, place: int | None, order: int) -> str | None:
    """The name of the operation through which rows mix; None where they stay apart.

    place: the axis of the outputs along which row i is to depend on row i of x; None where each element may depend on
    any one row.
    """
    if not rows or not order or not x.size:
        return None
    path = leading_to(collect(outputs), [x])
    found, culprit = proved_rows(path, x, rows)
    if culprit is None:
        wanted = None if place is None else (place,)
        if wanted is None or all([found.get(y._age, wanted) == wanted for y in outputs]):
            return None
        culprit = outputs[0]._op.name
    if tracing():
        raise ConcretizationError(
            f"whether {culprit} mixes rows is found by numbers, which a compiled function has not; use jacobian, or "
            "jvp along a direction"
        )
    return culprit if _seen(path, outputs, x, rows, place, order) else None


# -- what series show -------------------------------------------------------------------------------------------


def _seen(
    path: Nodes, outputs: Sequence[Variable], x: Variable, rows: Independent, place: int | None, order: int
) -> bool:
    """Whether an element of the outputs depends on several rows (or on another one than its own), up to this order.

    An element passes if the series that change it spell the word of one row, and if each of them changes it exactly as
    the series along the whole direction does: the other rows then contribute nothing.
    """
    shape = tuple([n if axis - x.ndim in rows else 1 for axis, n in enumerate(x.shape)])
    words = _words(math.prod(shape))
    numbers = 2 ** np.arange(len(words)) @ words
    direction = np.random.default_rng(0).uniform(0.5, 1.5, x.shape)
    probe = _Probe(path, outputs, x)
    whole = probe.coefficients(direction, order)
    noise = probe.noise(whole, direction, order)
    spelled = [np.zeros(y.shape, int) for y in outputs]  # the words, as binary numbers
    alike = [np.ones(y.shape, bool) for y in outputs]
    for j, word in enumerate(words):
        for i, c in enumerate(probe.coefficients(direction * word.reshape(shape), order)):
            moves = (np.abs(c) > noise[i]).any(axis=0)
            spelled[i] = spelled[i] + moves * 2**j
            alike[i] = alike[i] & (np.abs(c - moves * whole[i]) <= noise[i]).all(axis=0)
    for y, word, same, rounding in zip(outputs, spelled, alike, noise, strict=True):
        along = [-1 if axis - y.ndim == place else 1 for axis in range(y.ndim)]
        of_one = np.isin(word, numbers) if place is None else word == numbers.reshape(along)
        unknown = ~np.isfinite(rounding).all(axis=0)  # nothing can be said of an element that is nan or infinite
        if not ((of_one & same) | (word == 0) | unknown).all():
            return True
    return False


def _words(count: int) -> Array:
    """The code words, a column for each row: 1, the row's number in binary, the number of zeros in that in binary."""
    length = max(1, (count - 1).bit_length())
    number = np.arange(count) >> np.arange(length)[:, None] & 1
    zeros = length - number.sum(axis=0)
    return np.vstack([np.ones(count, int), number, zeros >> np.arange(length.bit_length())[:, None] & 1])


class _Probe:
    """The graph with all its values in double precision, to be read with series along directions.

    In single precision, rounding and a weak dependence on another row could not be told apart. A Function that gives
    another value when it is called again (a random one) keeps the value of its first call.
    """

    def __init__(self, path: Nodes, outputs: Sequence[Variable], x: Variable) -> None:
        self.outputs, self.x = outputs, x
        self.nodes = [node for node in path.values() if node is not x]
        self.start: Array = _wide(x._data)
        self.values: dict[int, Plain] = {x._age: self.start}
        narrow = any([_eps(node._data) > _EPS for node in path.values()])
        for node in self.nodes:
            self.values[node._age] = self._value(node) if narrow else node._data
        self.eps = max([_eps(value) for value in self.values.values()])

    def _value(self, node: Variable) -> Plain:
        held: Plain = node._data
        args = [self.values.get(a._age, _wide(a._data)) if isinstance(a, Variable) else _wide(a) for a in node._args]
        F = SeriesReading(False)
        with np.errstate(all="ignore"):
            if isinstance(node._op, Op):
                return F.compute(_widened(node._op), *args)
            try:
                found = F.compute(node._op, *args)
            except Exception:  # a Function may refuse double precision
                found = held
        pairs = zip(_parts(found), _parts(held), strict=True)
        same = all([np.allclose(a, b, rtol=1e3 * _eps(b), atol=1e3 * _eps(b), equal_nan=True) for a, b in pairs])
        return found if same else tuple(map(_wide, held)) if isinstance(held, tuple) else _wide(held)

    def coefficients(self, direction: Array, order: int) -> list[Array]:
        """The coefficients 1 to `order` of each output along a direction, (order, *shape)."""
        F, start = SeriesReading(False), self.start
        try:
            line = np.asarray(direction, start.dtype)[()]
            known: Known = {self.x._age: F.new(start, lambda k: line if k == 1 else 0)}
            for node in self.nodes:
                args = [known.get(a._age, _wide(a._data)) if isinstance(a, Variable) else _wide(a) for a in node._args]
                known[node._age] = F.call(_widened(node._op), *args, first=self.values[node._age])
            moving = [series for series in known.values() if isinstance(series, Series)]
            found: list[list[Array]] = [[] for _ in self.outputs]
            for k in range(1, order + 1):
                advance(F, moving, k)
                for y, coefficients in zip(self.outputs, found, strict=True):
                    coefficients.append(np.broadcast_to(coefficient(known.get(y._age, y._data), k), y.shape))
            return [np.array(c) * 1.0 for c in found]
        finally:
            F.close()

    def noise(self, whole: list[Array], direction: Array, order: int) -> list[Array]:
        """A bound of the rounding error of each coefficient of the outputs, order by order and element by element.

        It is taken from the coefficient's size, and from its change when the direction is changed by a few roundings:
        where large numbers have cancelled, that change is larger than the size suggests.
        """
        rng, changes = np.random.default_rng(1), [np.zeros_like(np.abs(c)) for c in whole]
        with np.errstate(invalid="ignore"):
            for _ in range(2):
                again = self.coefficients(direction * (1 + 4 * self.eps * rng.uniform(-1, 1, self.x.shape)), order)
                changes = [np.fmax(m, np.abs(a - c)) for m, a, c in zip(changes, again, whole, strict=True)]
        return [
            _NOISE * self.eps * np.abs(c) + 2**8 * m + _peak(4 * m + 16 * self.eps * np.abs(c))
            for c, m in zip(whole, changes, strict=True)
        ]


def _wide(value: Any) -> Any:
    """A value of single or half precision in double precision; every other value as it is."""
    kind = getattr(getattr(value, "dtype", None), "char", "")
    return value.astype(np.complex128 if kind == "F" else np.float64)[()] if kind in ("e", "f", "F") else value


def _widened(op: Any) -> Any:
    """The operation; in place of a cast to single or half precision, a cast to double."""
    dtype = op.parameters.get("dtype") if isinstance(op, Op) else None
    if dtype is None or np.dtype(dtype).char not in ("e", "f", "F"):
        return op
    return op.base.bind(**{**op.parameters, "dtype": np.result_type(dtype, np.float64)})


def _parts(value: Plain) -> tuple[Array, ...]:
    return value if isinstance(value, tuple) else (value,)


def _eps(value: Plain) -> float:
    kinds = [part.dtype for part in _parts(value) if hasattr(part, "dtype") and is_inexact(part)]
    return max([float(np.finfo(kind).eps) for kind in kinds], default=_EPS)


def _peak(c: Array) -> Array:
    """The largest finite number of each order. Infinite elements say nothing about the rounding of the others."""
    return np.max(np.where(np.isfinite(c), c, 0.0), axis=tuple(range(1, c.ndim)), keepdims=True, initial=0.0)
