"""Where the independent axes of an operation's arguments stand in its result, as several operations have it.

Along an independent axis no element has a part in another's result. An operation is given those of each of its
arguments and tells where they are in its result, or None where it mixes elements along one of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from dezero.core.dtypes import Axes
from dezero.core.variable import Variable

Independent = tuple[int, ...]  # axes of one array, counted from the right: -1 is the last
Below = Sequence[Independent]  # those of each argument; () where an argument does not depend on them


def unmoved(below: Below, node: Variable, **parameters: object) -> Independent:
    """They stay where they stand in the first argument."""
    return below[0]


def agreed(below: Below) -> Independent | None:
    """Those of the arguments that have any, where they are the same in all of these."""
    found = [axes for axes in below if axes]
    return found[0] if all([axes == found[0] for axes in found]) else None


def beside(below: Below, node: Variable, axis: Axes, **parameters: object) -> Independent | None:
    """As unmoved, for what keeps the shape and mixes elements along `axis`: one, several, or all (None)."""
    mixed = range(node.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    return None if any([a + node.ndim in mixed for a in below[0]]) else below[0]
