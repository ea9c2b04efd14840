"""Which elements of an operation's arguments its result is made of, found by letting the operation itself work.

An operation that only moves elements (indexing, reshaping, joining, padding) is applied to the numbers 1, 2, ... in
place of the elements: its result tells which element went where. Whether it does anything else shows on random numbers:
if it agrees with the selection there, it agrees everywhere, since both are linear. An operation that sums elements is
the adjoint of a selection, so its rule is one. A product of two arrays is tried with one element of the smaller array
at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.core.dtypes import Array, Shape, is_real
from dezero.core.op import Op
from dezero.core.registry import values
from dezero.core.variable import Variable

Triples = tuple[Array, Array, Array]

_MOST_TRIPLES = 2**24  # products of two elements that are worth listing
_MOST_TRIALS = 64  # elements of the smaller factor that are worth trying one by one


def selection(value: Callable[..., Any], shapes: Sequence[Shape], shape: Shape) -> Array | None:
    """For each element of value(*arrays) the number of the element that it is; None where value selects no elements.

    The elements of all arrays are numbered together, from 1; 0 stands for a result that is zero. value: a linear
    function; shapes: of the arrays; shape: of the result.
    """
    sizes = [math.prod(s) for s in shapes]
    starts = np.cumsum([0, *sizes])

    def applied(elements: Array) -> Array | None:
        parts = [elements[a:b].reshape(s) for a, b, s in zip(starts, starts[1:], shapes, strict=False)]
        try:
            y = np.asarray(value(*parts))
        except Exception:  # the operation does not take such an array
            return None
        return y.ravel() if y.shape == shape and is_real(y) else None

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


def by_value(node: Variable, moving: Sequence[int]) -> Array | None:
    """The selection that a linear operation makes of the arguments at these places; the others are zero."""
    args = [_raw(a) for a in node._args]

    def value(*parts: Array) -> Array:
        xs = [np.zeros(np.shape(a)) for a in args]
        for i, part in zip(moving, parts, strict=True):
            xs[i] = part
        return node._op.value(*xs)

    return selection(value, [np.shape(args[i]) for i in moving], node.shape)


def by_rule(node: Variable, place: int) -> Array | None:
    """For each element of an argument the number of the element of the result that it is added to; None if several."""
    args = [_raw(a) for a in node._args]
    rule = node._op.rules[place]
    return selection(lambda g: rule(values, g, *args, node._data), [node.shape], args[place].shape)


# -- products of two arrays ------------------------------------------------------------------------------------


def products(node: Variable) -> Triples | None:
    """The products of a bilinear operation: triples of an element of the result, one of a and one of b.

    Each is the element's place in the flattened array. Products with a zero of a plain array are left out. None where
    there are too many to list.
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
    """A letter for each axis of the arguments and of the result, as in einsum."""
    if op.labels is None:
        return None
    axes = [len(s) for s in shapes]
    labels = op.labels if isinstance(op.labels, str) else op.labels(*axes, **op.parameters)
    first, second, output = labels.replace("->", ",").split(",")
    return first, second, output


def _by_labels(node: Variable, *labels: str) -> Triples | None:
    """All combinations of indices; of a plain array only the indices of elements that are not zero."""
    shapes = [*[np.shape(_raw(a)) for a in node._args], node.shape]
    lengths: dict[str, int] = {}
    for letters, shape in zip(labels, shapes, strict=True):
        for letter, n in zip(letters, shape, strict=True):
            lengths[letter] = max(lengths.get(letter, 1), n) if 0 not in (n, lengths.get(letter, 1)) else 0
    index: dict[str, Array] = {}
    for a, letters, shape in zip(node._args, labels, shapes, strict=False):
        if not isinstance(a, Variable) and not index:
            if any([n != lengths[letter] for letter, n in zip(letters, shape, strict=True)]):
                break  # this array is broadcast, so its indices are not those of the product
            index = dict(zip(letters, np.nonzero(a), strict=True))
    listed = len(next(iter(index.values()))) if index else 1
    others = {letter: n for letter, n in lengths.items() if letter not in index}
    if listed * math.prod(others.values()) > _MOST_TRIPLES:
        return None
    full = (listed, *others.values())
    for place, (letter, n) in enumerate(others.items()):
        index[letter] = np.arange(n).reshape([n if axis == place + 1 else 1 for axis in range(len(full))])
    for letter in set(lengths) - set(others):
        index[letter] = index[letter].reshape((listed,) + (1,) * len(others))

    def flat(letters: str, shape: Shape) -> Array:
        total = np.zeros((), np.int64)
        for axis, letter in enumerate(letters):
            if shape[axis] > 1:
                total = total + index[letter] * math.prod(shape[axis + 1 :])
        return np.broadcast_to(total, full).ravel()

    first, second, out = (flat(letters, shape) for letters, shape in zip(labels, shapes, strict=True))
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
    found: list[list[Array]] = [[], [], []]
    for k in trials:
        one = np.zeros(args[small].shape)
        one.flat[k] = 1

        def value(part: Array, one: Array = one) -> Array:
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
