"""Sums over windows, and their adjoint, which spreads numbers over windows: averages, enlargements."""

from __future__ import annotations

from dezero.core.declare import linear
from dezero.core.variable import Variable
from dezero.functions._stacking import merged
from dezero.functions.arrays._independent import Below, Independent
from dezero.functions.windows.sliding import spread_windows, sum_windows


def _rows(below: Below, node: Variable, **parameters: object) -> Independent | None:
    """Samples and channels stay independent; along the other axes windows overlap."""
    return below[0] if all(r + node.ndim < 2 for r in below[0]) else None


SUM = linear(
    "sum_windows",
    sum_windows,
    lambda F, g, x, y, out, **p: F.spread_windows(g, size=x.shape[2:], **p),
    independent=_rows,
    stacked=merged,
)

SPREAD = linear(
    "spread_windows",
    spread_windows,
    lambda F, g, x, y, size, **p: F.sum_windows(g, out=x.shape[2:], **p),
    independent=_rows,
    stacked=merged,
)
