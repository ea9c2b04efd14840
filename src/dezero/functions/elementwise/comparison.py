"""Comparisons as operations, for rules that depend on which of two numbers is greater; and `where`.

Users compare Variables with operators, which give plain boolean arrays. Here the result is a node of the graph
without derivative, so that the same comparison in a later derivative is the same node; it is 1 and 0 in the
arguments' dtype, so that a multiple of it is a gradient of that dtype. Shares count a tie as 1/2.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dezero.core.declare import elementwise
from dezero.core.dtypes import Array, DType

_FLAT = (lambda F, g, a, b, y: F.zeros_like(a), lambda F, g, a, b, y: F.zeros_like(b))


def _counting(compare: np.ufunc) -> Callable[[Array, Array], Array]:
    return lambda a, b: compare(a, b).astype(np.result_type(a, b))


for _name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
    globals()[_name] = elementwise(
        _name, _counting(getattr(np, _name)), *_FLAT, doc=f"numpy.{_name} as 1 and 0, with derivative zero."
    )


def _float_kind(a: Array, b: Array) -> DType | type[np.float64]:
    kind = np.result_type(a, b)
    return kind if kind.kind == "f" else np.float64


def _greater_share(a: Array, b: Array) -> Array:
    return np.add(np.greater(a, b), np.greater_equal(a, b), dtype=_float_kind(a, b)) * 0.5


def _share_past_nan(beats: np.ufunc) -> Callable[[Array, Array], Array]:
    def share(a: Array, b: Array) -> Array:
        first, second = beats(a, b) | np.isnan(b), beats(b, a) | np.isnan(a)
        return np.subtract(first, second, dtype=_float_kind(a, b)) * 0.5 + 0.5

    return share


for _name, _value, _doc in (
    ("greater_share", _greater_share, "The share of a in maximum(a, b): 1 or 0, at a tie 1/2, and 0 beside nan."),
    ("fmax_share", _share_past_nan(np.greater), "The share of a in fmax(a, b): 1 or 0, at a tie 1/2."),
    ("fmin_share", _share_past_nan(np.less), "The share of a in fmin(a, b): 1 or 0, at a tie 1/2."),
):
    globals()[_name] = elementwise(_name, _value, *_FLAT, doc=_doc)

where = elementwise(
    "where",
    np.where,
    lambda F, g, condition, a, b, y: F.zeros_like(condition),
    lambda F, g, condition, a, b, y: F.where(condition, g, 0),
    lambda F, g, condition, a, b, y: F.where(condition, 0, g),
    series="where",
    uniform=False,  # where(condition, 1, 0) of two numbers would have no dtype of its own
    doc="""Elements of the second argument where the first is true, of the third elsewhere.

    >>> x = Variable(np.array([-1.0, 2.0]))
    >>> where(x.data > 0, x, 0)
    variable([0. 2.])
    """,
)
