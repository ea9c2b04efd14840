"""Whether elements, or rows, that are asked for one by one stay apart on the way through a graph.

One direction of ones gives the derivative of every row in its own numbers only where no row has a part in another's
result. What each operation says of its rows (core/tangent.py) proves it without any arithmetic. Where one of them
cannot tell (a user's Function, a permutation), series along directions in some of the rows show it: which rows reach an
element of the result is read from a code, of which no word is contained in another (J. M. Berger, Information and
Control 4 (1961) 68), so that two rows together never look like one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.autodiff.tangent import row_axes
from dezero.core.graph import Nodes, collect, leading_to
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.variable import Variable
from dezero.series.expansion import advance
from dezero.series.power import Series, coefficient
from dezero.series.reading import SeriesReading

Rows = tuple[int, ...]
_EPS = float(np.finfo(np.float64).eps)
_NOISE = 2**14  # roundings, below which what reaches an element is taken for one


def check_elements(name: str, outputs: Sequence[Variable], x: Variable, order: int, remedy: str) -> None:
    """ValueError where an element of the outputs depends on more than one element of x."""
    culprit = _mixing(outputs, x, row_axes(x.shape), None, order)
    if culprit:
        raise ValueError(
            f"{name}: an element of the result depends on several elements of the argument, of shape {x.shape} "
            f"(through {culprit}); {remedy}"
        )


def check_batch(name: str, y: Variable, x: Variable, order: int) -> None:
    """ValueError where a row of y (N, ...) depends on another row of x (N, d) than its own."""
    if x.ndim < 2 or x.shape[0] < 2:
        return
    culprit = _mixing([y], x, (-2,), -y.ndim, order)
    if culprit:
        raise ValueError(
            f"{name}: the result at one point of the batch {x.shape} depends on other points (through {culprit}), so "
            "that the batch is one function of all its numbers; ask point by point, or make the function one of each "
            "point (a normalisation over the batch with its running statistics, as in test_mode)"
        )


def _mixing(outputs: Sequence[Variable], x: Variable, rows: Rows, place: int | None, order: int) -> str | None:
    """The operation through which rows mix; None where they stay apart.

    place: the axis of the outputs along which each row is to find its own; None where any element may be any row's.
    """
    if not rows or not order or not x.size:
        return None
    path = leading_to(collect(outputs), [x])
    found, culprit = _proved(path, x, rows)
    if culprit is None:
        wanted = None if place is None else (place,)
        if wanted is None or all([found.get(y._seq, wanted) == wanted for y in outputs]):
            return None
        culprit = outputs[0]._op.name
    return culprit if _seen(path, outputs, x, rows, place, order) else None


# -- what the operations say ------------------------------------------------------------------------------------


def _proved(path: Nodes, x: Variable, rows: Rows) -> tuple[dict[int, Any], str | None]:
    """The row axes of the nodes by age, and the operation that cannot tell them."""
    known: dict[int, Any] = {x._seq: rows}
    for age, node in path.items():
        if age not in known:
            known[age] = _step(node, known)
            if known[age] is None:
                return known, node._op.name
    return known, None


def _step(node: Variable, known: dict[int, Any]) -> Any:
    op = node._op
    below = [known.get(a._seq, ()) if isinstance(a, Variable) else () for a in node._args]
    if not isinstance(op, Op):
        return None
    if op.kind is ELEMENTWISE:
        moving = [b for b in below if b]
        return moving[0] if all([b == moving[0] for b in moving]) else None
    return None if op.rows is None else op.rows(below, node, **op.parameters)


# -- what series show -------------------------------------------------------------------------------------------


def _seen(path: Nodes, outputs: Sequence[Variable], x: Variable, rows: Rows, place: int | None, order: int) -> bool:
    """Whether other rows than one (than its own) have a part in an element of the outputs, to this order.

    Of a single row the coefficients are those along the whole direction, in each series that it moves in.
    """
    shape = tuple([n if axis - x.ndim in rows else 1 for axis, n in enumerate(x.shape)])
    words = _words(math.prod(shape))
    numbers = 2 ** np.arange(len(words)) @ words
    direction = np.random.default_rng(0).uniform(0.5, 1.5, x.shape)
    probe = _Probe(path, outputs, x)
    whole = probe.coefficients(direction, order)
    noise = probe.noise(whole, direction, order)
    reached: list[Any] = [0 for _ in outputs]
    alike: list[Any] = [True for _ in outputs]
    for j, word in enumerate(words):
        for i, c in enumerate(probe.coefficients(direction * word.reshape(shape), order)):
            moves = (np.abs(c) > noise[i]).any(axis=0)
            reached[i] = reached[i] + moves * 2**j
            alike[i] = alike[i] & (np.abs(c - moves * whole[i]) <= noise[i]).all(axis=0)
    for y, by, same, limit in zip(outputs, reached, alike, noise, strict=True):
        own = numbers if place is None else numbers.reshape([-1 if a - y.ndim == place else 1 for a in range(y.ndim)])
        of_one = np.isin(by, own) if place is None else by == own
        if not ((of_one & same) | (by == 0) | ~np.isfinite(limit).all(axis=0)).all():  # nan stays nan
            return True
    return False


def _words(count: int) -> np.ndarray[Any, Any]:
    """A column for each row: 1, its number in binary, and in binary how many zeros that has."""
    length = max(1, (count - 1).bit_length())
    number = np.arange(count) >> np.arange(length)[:, None] & 1
    zeros = length - number.sum(axis=0)
    return np.vstack([np.ones(count, int), number, zeros >> np.arange(length.bit_length())[:, None] & 1])


class _Probe:
    """The graph with all its values in double precision, read with series along directions.

    In single precision a small part that other rows have in an element is taken for rounding, and rounding for a part.
    A Function whose value is another one the second time (a random one) keeps that of its first call.
    """

    def __init__(self, path: Nodes, outputs: Sequence[Variable], x: Variable) -> None:
        self.outputs, self.x = outputs, x
        self.nodes = [node for node in path.values() if node is not x]
        self.values: dict[int, Any] = {x._seq: _wide(x._data)}
        narrow = any([_eps(node._data) > _EPS for node in path.values()])
        for node in self.nodes:
            self.values[node._seq] = self._value(node) if narrow else node._data
        self.eps = max([_eps(value) for value in self.values.values()])

    def _value(self, node: Variable) -> Any:
        held = node._data
        args = [self.values.get(a._seq, _wide(a._data)) if isinstance(a, Variable) else _wide(a) for a in node._args]
        F = SeriesReading(False)
        with np.errstate(all="ignore"):
            if isinstance(node._op, Op):
                return F.compute(_widened(node._op), *args)
            try:
                found = F.compute(node._op, *args)
            except Exception:  # it may take no other dtype
                found = held
        pairs = zip(_parts(found), _parts(held), strict=True)
        again = all([np.allclose(a, b, rtol=1e3 * _eps(b), atol=1e3 * _eps(b), equal_nan=True) for a, b in pairs])
        return found if again else tuple(map(_wide, held)) if isinstance(held, tuple) else _wide(held)

    def coefficients(self, direction: Any, order: int) -> list[Any]:
        """The coefficients 1 to `order` of each output along a direction, (order, *shape)."""
        F, start = SeriesReading(False), self.values[self.x._seq]
        try:
            line = np.asarray(direction, start.dtype)[()]
            known: dict[int, Any] = {self.x._seq: F.new(start, lambda k: line if k == 1 else 0)}
            for node in self.nodes:
                args = [known.get(a._seq, _wide(a._data)) if isinstance(a, Variable) else _wide(a) for a in node._args]
                known[node._seq] = F.call(_widened(node._op), *args, first=self.values[node._seq])
            moving = [series for series in known.values() if isinstance(series, Series)]
            found: list[list[Any]] = [[] for _ in self.outputs]
            for k in range(1, order + 1):
                advance(F, moving, k)
                for y, coefficients in zip(self.outputs, found, strict=True):
                    coefficients.append(np.broadcast_to(coefficient(known.get(y._seq, y._data), k), y.shape))
            return [np.array(c) * 1.0 for c in found]
        finally:
            F.close()

    def noise(self, whole: list[Any], direction: Any, order: int) -> list[Any]:
        """What rounding may make of each coefficient of the outputs, order by order and element by element.

        Its own size tells, and how far it moves when the direction does by some roundings: what has cancelled was
        larger than what is left.
        """
        rng, moved = np.random.default_rng(1), [0.0 for _ in whole]
        with np.errstate(invalid="ignore"):
            for _ in range(2):
                again = self.coefficients(direction * (1 + 4 * self.eps * rng.uniform(-1, 1, self.x.shape)), order)
                moved = [np.fmax(m, np.abs(a - c)) for m, a, c in zip(moved, again, whole, strict=True)]
        return [
            _NOISE * self.eps * np.abs(c) + 2**8 * m + _peak(4 * m + 16 * self.eps * np.abs(c))
            for c, m in zip(whole, moved, strict=True)
        ]


def _wide(value: Any) -> Any:
    """A value in double precision; what is no number of single or half precision stays."""
    kind = getattr(getattr(value, "dtype", None), "char", "")
    return value.astype(np.complex128 if kind == "F" else np.float64)[()] if kind in ("e", "f", "F") else value


def _widened(op: Any) -> Any:
    """The operation, a cast to single or half precision being one to double."""
    dtype = op.parameters.get("dtype") if isinstance(op, Op) else None
    if dtype is None or np.dtype(dtype).char not in ("e", "f", "F"):
        return op
    return op.base.bind(**{**op.parameters, "dtype": np.result_type(dtype, np.float64)})


def _parts(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _eps(value: Any) -> float:
    kinds = [part.dtype for part in _parts(value) if getattr(part, "dtype", np.dtype(int)).kind in "fc"]
    return max([float(np.finfo(kind).eps) for kind in kinds], default=_EPS)


def _peak(c: Any) -> Any:
    """The largest finite number of each order: one infinite element says nothing of the others' rounding."""
    return np.max(np.where(np.isfinite(c), c, 0.0), axis=tuple(range(1, c.ndim)), keepdims=True, initial=0.0)
