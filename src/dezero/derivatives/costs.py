"""What the ways to a Jacobian cost on a graph, to choose the cheapest before one is taken.

A sweep costs time for each operation, and for each number that it handles. The constants were measured on networks and
on element-wise functions of 1 to 1.6 million numbers; only their ratios matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from dezero.core.variable import Variable

Way = Literal["columns", "bundles", "rows"]

NUMBERS = 2**20  # the most numbers that the rays of a bundle hold together: more of them leave the processor's cache

# Microseconds for an operation: of a backward sweep, of a series along one ray, of a series along a bundle of rays.
_ROW, _COLUMN, _BUNDLE = 5.0, 13.0, 28.0
# Microseconds for a number: of one ray or a backward sweep, and of each ray of a bundle.
_NUMBER, _NUMBER_OF_BUNDLE = 0.004, 0.005


class Work(NamedTuple):
    """The operations of a graph, and the numbers that they compute."""

    operations: int
    numbers: int

    def at_once(self, order: int = 1) -> int:
        """How many rays of series to an order a bundle takes; below 2 a bundle does not pay."""
        return NUMBERS // max(order * self.numbers, 1)


def work(nodes: Iterable[Variable]) -> Work:
    sizes = [_size(node._data) for node in nodes]
    return Work(len(sizes), sum(sizes))


def _size(data: object) -> int:
    return sum(map(_size, data)) if isinstance(data, tuple) else data.size  # type: ignore[attr-defined]


def costs(of: Work, columns: int, rows: int) -> dict[Way, float]:
    """Microseconds for a Jacobian of so many columns and rows, by each way.

    columns: a forward sweep for each. bundles: forward sweeps for many columns at once. rows: a backward sweep for
    each.
    """
    found: dict[Way, float] = {
        "rows": rows * (_ROW * of.operations + _NUMBER * of.numbers),
        "columns": columns * (_COLUMN * of.operations + _NUMBER * of.numbers),
    }
    at_once = of.at_once()
    if at_once > 1 and columns > 1:
        bundles = -(-columns // at_once)
        found["bundles"] = bundles * _BUNDLE * of.operations + columns * _NUMBER_OF_BUNDLE * of.numbers
    return found


def cheapest(found: dict[Way, float]) -> Way:
    return min(found, key=lambda way: found[way])


def told(name: str, of: Work, counts: tuple[int, int], way: Way) -> str:
    """The estimates in words, and the way that is taken."""
    columns, rows = counts
    estimates = ", ".join([f"{cost / 1000:.3g} ms by {other}" for other, cost in costs(of, columns, rows).items()])
    return (
        f"{name}, {rows} rows and {columns} columns, over {of.operations} operations that compute {of.numbers} "
        f"numbers: estimated {estimates}; takes {way}"
    )


def told_of_rays(name: str, of: Work, rays: int, order: int, function: str = "the function") -> str:
    """How many series are taken, and how many of them at once, in words. of: the work of the function's graph."""
    at_once = min(rays, of.at_once(order))
    bundles = f"{at_once} at once" if at_once > 1 else "one at a time"
    return (
        f"{name}: takes series of {function} to order {order} along {rays} rays, {bundles}, over {of.operations} "
        f"operations that compute {of.numbers} numbers"
    )
