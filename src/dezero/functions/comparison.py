"""Comparisons as operations: rules read them where a derivative changes with the sign of something.

Users compare Variables with operators, which give plain boolean arrays. Here the result is a node of the graph
without derivative, so that the same comparison in a later derivative is the same node; it is 1 and 0 in the
arguments' dtype, so that a multiple of it is a gradient of that dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.core.op import elementwise

_FLAT = (lambda F, g, a, b, y: F.zeros_like(a), lambda F, g, a, b, y: F.zeros_like(b))


def _counting(compare: np.ufunc) -> Callable[[Any, Any], Any]:
    return lambda a, b: compare(a, b).astype(np.result_type(a, b))


for _name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
    globals()[_name] = elementwise(
        _name, _counting(getattr(np, _name)), *_FLAT, doc=f"numpy.{_name} as 1 and 0, with derivative zero."
    )
