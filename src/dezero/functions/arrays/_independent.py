"""Where the independent axes of an operation's arguments stand in its result, as several operations have it.

Along an independent axis no element has a part in another's result. An operation is given those of each of its
arguments and tells where they are in its result, or None where it mixes elements along one of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from dezero.core.dtypes import Axes
from dezero.core.op import Independent as Independent
from dezero.core.variable import Variable

Below = Sequence[Independent]  # those of each argument; () for an argument that has none


def unmoved(below: Below, node: Variable, **parameters: object) -> Independent:
    """Independent axes stay where they stand in the first argument."""
    return below[0]


def agreed(below: Below) -> Independent | None:
    """The independent axes of the arguments, where all arguments that have any have the same."""
    found = [axes for axes in below if axes]
    return found[0] if all([axes == found[0] for axes in found]) else None


def before_matrices(below: Below, node: Variable, **parameters: object) -> Independent | None:
    """As agreed, for an operation that takes matrices to matrices, each on its own."""
    axes = agreed(below)
    return axes if axes and max(axes) < -2 else None


def before_numbers(below: Below, node: Variable, **parameters: object) -> Independent | None:
    """As before_matrices, for an operation that takes matrices to numbers."""
    axes = before_matrices(below, node)
    return axes and tuple([axis + 2 for axis in axes])


def moved(axes: Independent, places: dict[int, int]) -> Independent | None:
    """The places of axes in the result, where each of them has one."""
    return tuple([places[a] for a in axes]) if all([a in places for a in axes]) else None


def beside(below: Below, node: Variable, axis: Axes, **parameters: object) -> Independent | None:
    """As unmoved, for an operation that mixes elements along `axis` alone: an axis, several, or all (None)."""
    mixed = range(node.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    return None if any([a + node.ndim in mixed for a in below[0]]) else below[0]
