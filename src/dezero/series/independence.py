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

from dezero.core.op import ELEMENTWISE, Op
from dezero.core.sweep import Nodes, collect, leading_to
from dezero.core.tangent import row_axes
from dezero.core.variable import Variable
from dezero.series.expansion import advance, curve, expand
from dezero.series.power import coefficient
from dezero.series.reading import Reading

Rows = tuple[int, ...]
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
    whole = _coefficients(path, outputs, x, direction, order)
    noise = [np.abs(c).max(axis=0) * (_NOISE * np.finfo(c.dtype).eps) for c in whole]
    reached: list[Any] = [0 for _ in outputs]
    alike: list[Any] = [True for _ in outputs]
    for j, word in enumerate(words):
        for i, c in enumerate(_coefficients(path, outputs, x, direction * word.reshape(shape), order)):
            moves = (np.abs(c) > noise[i]).any(axis=0)
            reached[i] = reached[i] + moves * 2**j
            alike[i] = alike[i] & (np.abs(c - moves * whole[i]) <= noise[i]).all(axis=0)
    for y, by, same, limit in zip(outputs, reached, alike, noise, strict=True):
        own = numbers if place is None else numbers.reshape([-1 if a - y.ndim == place else 1 for a in range(y.ndim)])
        of_one = np.isin(by, own) if place is None else by == own
        if not ((of_one & same) | (by == 0) | ~np.isfinite(limit)).all():  # nan stays nan
            return True
    return False


def _words(count: int) -> np.ndarray[Any, Any]:
    """A column for each row: 1, its number in binary, and in binary how many zeros that has."""
    length = max(1, (count - 1).bit_length())
    number = np.arange(count) >> np.arange(length)[:, None] & 1
    zeros = length - number.sum(axis=0)
    return np.vstack([np.ones(count, int), number, zeros >> np.arange(length.bit_length())[:, None] & 1])


def _coefficients(path: Nodes, outputs: Sequence[Variable], x: Variable, direction: Any, order: int) -> list[Any]:
    """The coefficients 1 to `order` of each output along a direction, (order, *shape)."""
    F = Reading(False)
    try:
        line = np.asarray(direction, x.dtype)[()]
        known: dict[int, Any] = {x._seq: curve(F, x, [line])}
        moving = expand(F, path.values(), known)
        all_found: list[list[Any]] = [[] for _ in outputs]
        for k in range(1, order + 1):
            advance(F, moving, k)
            for y, found in zip(outputs, all_found, strict=True):
                found.append(np.broadcast_to(coefficient(known.get(y._seq, y._data), k), y.shape))
        return [np.array(found) * 1.0 for found in all_found]
    finally:
        F.close()
