"""Sums over windows, and their adjoint, which spreads numbers over windows: averages, enlargements."""

from __future__ import annotations

from typing import Any

from dezero.core.declare import linear
from dezero.core.variable import Variable
from dezero.functions.windows.sliding import spread_windows, sum_windows


def _rows(below: Any, node: Variable, **parameters: Any) -> Any:
    """Samples and channels stay where they are and apart; windows overlap."""
    return below[0] if all(r + node.ndim < 2 for r in below[0]) else None


SUM = linear(
    "sum_windows",
    sum_windows,
    lambda F, g, x, y, out, **p: F.spread_windows(g, size=x.shape[2:], **p),
    rows=_rows,
)

SPREAD = linear(
    "spread_windows",
    spread_windows,
    lambda F, g, x, y, size, **p: F.sum_windows(g, out=x.shape[2:], **p),
    rows=_rows,
)
