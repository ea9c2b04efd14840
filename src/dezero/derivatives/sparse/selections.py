"""Which elements of an operation's arguments its result is made of, found by letting the operation itself work.

An operation that only moves elements (indexing, reshaping, joining, padding) moves their numbers just the same.
That it does nothing else is seen on random numbers: being linear, it then equals the selection everywhere. One that
sums (the adjoint of a move) is read through its rule, and a product of two arrays through one element of the smaller
array at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.core.op import Op
from dezero.core.registry import values
from dezero.core.variable import Variable

Shape = tuple[int, ...]
Triples = tuple[np.ndarray, np.ndarray, np.ndarray]

_MOST_TRIPLES = 2**24  # products of two elements that are worth listing
_MOST_TRIALS = 64  # elements of the smaller factor that are worth trying one by one


def selection(value: Callable[..., Any], shapes: Sequence[Shape], shape: Shape) -> np.ndarray | None:
    """For each element of value(*arrays), which one it is of the arrays (numbered on from 1; 0 for a zero).

    value: linear; shape: its result's. None where it is no selection.
    """
    sizes = [math.prod(s) for s in shapes]
    starts = np.cumsum([0, *sizes])

    def applied(elements: np.ndarray) -> Any:
        parts = [elements[a:b].reshape(s) for a, b, s in zip(starts, starts[1:], shapes, strict=False)]
        try:
            y = np.asarray(value(*parts))
        except Exception:  # an operation that takes no such array
            return None
        return y.ravel() if y.shape == shape and y.dtype.kind == "f" else None

    total = int(starts[-1])
    numbers = applied(np.arange(1.0, total + 1))
    if numbers is None or not numbers.size:
        return None if numbers is None else np.zeros(0, np.int64)
    if not (numbers.min() >= 0 and numbers.max() <= total):
        return None
    found = numbers.astype(np.int64)
    elements = np.random.default_rng(0).random(total + 1)
    elements[0] = 0.0
    y = applied(elements[1:])
    return found if y is not None and (found == numbers).all() and (y == elements[found]).all() else None


def by_value(node: Variable, moving: Sequence[int]) -> np.ndarray | None:
    """selection() of a linear operation in the arguments at these places; the others are no part of it."""
    args = [_raw(a) for a in node._args]

    def value(*parts: Any) -> Any:
        xs = [np.zeros(np.shape(a)) for a in args]
        for i, part in zip(moving, parts, strict=True):
            xs[i] = part
        return node._op.value(*xs)

    return selection(value, [np.shape(args[i]) for i in moving], node.shape)


def by_rule(node: Variable, place: int) -> np.ndarray | None:
    """For each element of an argument, to which element of the result it is added; None where to several."""
    args = [_raw(a) for a in node._args]
    rule = node._op.rules[place]
    return selection(lambda g: rule(values, g, *args, node._data), [node.shape], args[place].shape)


# -- products of two arrays ------------------------------------------------------------------------------------


def products(node: Variable) -> Triples | None:
    """Of a bilinear operation: which element of the result has which product of an element of a with one of b.

    Products with a zero of a plain array are left out. None where there are too many to list.
    """
    op, args = node._op, node._args
    labels = _labels(op, [np.shape(_raw(a)) for a in args])
    found = _by_labels(node, *labels) if labels is not None else _by_trials(node)
    if found is None:
        return None
    keep = np.ones(len(found[0]), bool)
    for a, which in zip(args, found[1:], strict=True):
        if not isinstance(a, Variable):
            keep &= np.ravel(a)[which] != 0
    return found if keep.all() else (found[0][keep], found[1][keep], found[2][keep])


def _labels(op: Op, shapes: Sequence[Shape]) -> tuple[str, str, str] | None:
    """The axes of both arguments and of the result by letters, those that are summed lacking in the result."""
    if op.labels is None:
        return None
    axes = [len(s) for s in shapes]
    labels = op.labels if isinstance(op.labels, str) else op.labels(*axes, **op.parameters)
    first, second, output = labels.replace("->", ",").split(",")
    return first, second, output


def _by_labels(node: Variable, *labels: str) -> Triples | None:
    """All combinations of indices, but for a plain array those of its elements alone that are not zero."""
    shapes = [*[np.shape(_raw(a)) for a in node._args], node.shape]
    lengths: dict[str, int] = {}
    for own, shape in zip(labels, shapes, strict=True):
        for letter, n in zip(own, shape, strict=True):
            lengths[letter] = max(lengths.get(letter, 1), n) if 0 not in (n, lengths.get(letter, 1)) else 0
    index: dict[str, np.ndarray] = {}
    for a, own, shape in zip(node._args, labels, shapes, strict=False):
        if not isinstance(a, Variable) and not index:
            if any([n != lengths[letter] for letter, n in zip(own, shape, strict=True)]):
                break  # it broadcasts
            index = dict(zip(own, np.nonzero(a), strict=True))
    listed = len(next(iter(index.values()))) if index else 1
    others = {letter: n for letter, n in lengths.items() if letter not in index}
    if listed * math.prod(others.values()) > _MOST_TRIPLES:
        return None
    full = (listed, *others.values())
    for place, (letter, n) in enumerate(others.items()):
        index[letter] = np.arange(n).reshape([n if axis == place + 1 else 1 for axis in range(len(full))])
    for letter in set(lengths) - set(others):
        index[letter] = index[letter].reshape((listed,) + (1,) * len(others))

    def flat(own: str, shape: Shape) -> np.ndarray:
        total: Any = 0
        for axis, letter in enumerate(own):
            if shape[axis] > 1:
                total = total + index[letter] * math.prod(shape[axis + 1 :])
        return np.broadcast_to(total, full).ravel()

    first, second, out = (flat(own, shape) for own, shape in zip(labels, shapes, strict=True))
    return out, first, second


def _by_trials(node: Variable) -> Triples | None:
    if node._op.indices:
        return None
    args = [_raw(a) for a in node._args]
    small = 0 if args[0].size < args[1].size else 1
    large = args[1 - small]
    trials = range(args[small].size) if isinstance(node._args[small], Variable) else np.flatnonzero(args[small])
    if len(trials) > _MOST_TRIALS:
        return None
    found: list[list[np.ndarray]] = [[], [], []]
    for k in trials:
        one = np.zeros(args[small].shape)
        one.flat[k] = 1

        def value(part: Any, one: Any = one) -> Any:
            return node._op.value(part, one) if small else node._op.value(one, part)

        numbers = selection(value, [large.shape], node.shape)
        if numbers is None:
            return None
        out = np.flatnonzero(numbers)
        for part, new in zip(found, (out, numbers[out] - 1, np.full(len(out), k)), strict=True):
            part.append(new)
    out, which, ones = (np.concatenate([np.zeros(0, np.int64), *part]) for part in found)
    return (out, which, ones) if small else (out, ones, which)


def _raw(a: Any) -> Any:
    return a._data if isinstance(a, Variable) else a
