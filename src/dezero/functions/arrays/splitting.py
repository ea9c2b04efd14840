"""An array cut into a tuple of arrays."""

from __future__ import annotations

import itertools

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import operand
from dezero.core.declare import public
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.watching import noted
from dezero.functions._axes import WholeNumbers, along, axis_of, whole


@public
def split(x: ArrayLike, indices_or_sections: WholeNumbers, axis: int = 0) -> tuple[Variable, ...]:
    """Parts of equal length, or the parts between the given places along an axis.

    ValueError where a number of sections does not divide the axis: array_split allows it.

    >>> split(Variable(np.arange(4.0)), 2)
    (variable([0. 1.]), variable([2. 3.]))
    """
    return _split("split", x, indices_or_sections, axis, even=True)


@public
def array_split(x: ArrayLike, indices_or_sections: WholeNumbers, axis: int = 0) -> tuple[Variable, ...]:
    """As split, but the first parts are one longer where the number of sections does not divide the axis.

    >>> array_split(Variable(np.arange(3.0)), 2)
    (variable([0. 1.]), variable([2.]))
    """
    return _split("array_split", x, indices_or_sections, axis, even=False)


@public
def vsplit(x: ArrayLike, indices_or_sections: WholeNumbers) -> tuple[Variable, ...]:
    """Split along the first axis of an array of two axes or more (ValueError for fewer).

    >>> [part.shape for part in vsplit(Variable(np.ones((4, 3))), 2)]
    [(2, 3), (2, 3)]
    """
    return _split_at_least("vsplit", x, indices_or_sections, 0, 2)


@public
def hsplit(x: ArrayLike, indices_or_sections: WholeNumbers) -> tuple[Variable, ...]:
    """Split along the second axis, or the only one (ValueError for a number).

    >>> [part.shape for part in hsplit(Variable(np.ones((4, 3))), [1])]
    [(4, 1), (4, 2)]
    """
    return _split_at_least("hsplit", x, indices_or_sections, 1 if operand(x, "hsplit").ndim > 1 else 0, 1)


@public
def dsplit(x: ArrayLike, indices_or_sections: WholeNumbers) -> tuple[Variable, ...]:
    """Split along the third axis of an array of three axes or more (ValueError for fewer).

    >>> [part.shape for part in dsplit(Variable(np.ones((4, 3, 2))), 2)]
    [(4, 3, 1), (4, 3, 1)]
    """
    return _split_at_least("dsplit", x, indices_or_sections, 2, 3)


@public
def unstack(x: ArrayLike, axis: int = 0) -> tuple[Variable, ...]:
    """The arrays that stack would join along this axis. ValueError for an axis out of range.

    >>> unstack(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])), axis=1)
    (variable([1. 3.]), variable([2. 4.]))
    """
    x = operand(x, "unstack")
    axis = axis_of("unstack", axis, x.shape)
    return tuple(_parts(x, axis, list(range(x.shape[axis] + 1)), single=True))


def _split_at_least(name: str, x: ArrayLike, where: WholeNumbers, axis: int, ndim: int) -> tuple[Variable, ...]:
    x = operand(x, name)
    if x.ndim < ndim:
        raise ValueError(f"{name}: shape {x.shape} has under {ndim} axes; use split with an axis")
    return _split(name, x, where, axis, even=True)


def _split(name: str, x: ArrayLike, where: WholeNumbers, axis: int, even: bool) -> tuple[Variable, ...]:
    x = operand(x, name)
    axis = axis_of(name, axis, x.shape)
    n, places = x.shape[axis], raw(noted(where))
    if np.ndim(places):
        cuts = [0, *[whole(name, i, "indices_or_sections") for i in places], n]
        if any([not 0 <= a <= b for a, b in itertools.pairwise(cuts)]):  # not ascending: slices, as in NumPy
            return tuple([x[along(axis, slice(a, b))] for a, b in itertools.pairwise(cuts)])
        return tuple(_parts(x, axis, cuts))
    sections = whole(name, places, "indices_or_sections")
    if sections < 1:
        raise ValueError(f"{name}: the number of sections must be positive, got {sections}")
    if even and n % sections:
        raise ValueError(
            f"{name}: {sections} sections do not divide axis {axis} of shape {x.shape} evenly; use array_split, or "
            "give the places to cut at"
        )
    length, longer = divmod(n, sections)
    return tuple(_parts(x, axis, [i * length + min(i, longer) for i in range(sections + 1)]))


_FEW = 4


def _parts(x: Variable, axis: int, cuts: list[int], single: bool = False) -> list[Variable]:
    """The parts between ascending cuts, the first and last of which are the axis' ends. single: without the axis.

    More than a few are cut from halves, and these from halves of halves: the gradient of a part fills an array as large
    as what it was cut from, so that cutting all from the whole would take time as the square of their number.
    """
    if len(cuts) <= _FEW + 1:
        pairs = itertools.pairwise(cuts)
        return [x[along(axis, a if single else slice(a, b))] for a, b in pairs]
    middle = len(cuts) // 2
    found = []
    for some in (cuts[: middle + 1], cuts[middle:]):
        part = x[along(axis, slice(some[0], some[-1]))]
        found += _parts(part, axis, [cut - some[0] for cut in some], single)
    return found
