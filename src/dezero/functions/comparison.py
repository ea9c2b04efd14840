"""Comparisons as operations: rules read them where a derivative changes with the sign of something.

Users compare Variables with operators, which give plain boolean arrays. Here the result is a node of the graph
without derivative, so that the same comparison in a later derivative is the same node.
"""

from __future__ import annotations

import numpy as np

from dezero.core.op import elementwise

_FLAT = (lambda F, g, a, b, y: F.zeros_like(a), lambda F, g, a, b, y: F.zeros_like(b))

for _name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
    globals()[_name] = elementwise(_name, getattr(np, _name), *_FLAT, doc=f"numpy.{_name}, with derivative zero.")
