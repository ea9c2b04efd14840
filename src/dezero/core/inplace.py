"""Finding arrays that were changed in place after an operation used them: asked for by a setting, for debugging."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from dezero.core.dtypes import Array
from dezero.core.errors import GraphError, describe
from dezero.core.op import Op
from dezero.core.variable import Variable

_ROUNDING = 1e3  # units in the last place: a matrix product computed twice may be rounded differently


def check_unchanged(name: str, nodes: Iterable[Variable]) -> None:
    """Compute each node again from its arguments' present arrays; GraphError where the result differs.

    A difference means that an array was changed in place. A user's Function is not run again.
    """
    for node in sorted(nodes, key=lambda n: n._age):
        if not node._args or not isinstance(node._op, Op):
            continue
        args = [a._data if isinstance(a, Variable) else a for a in node._args]
        try:
            with np.errstate(all="ignore"):
                same = _same(node._op.value(*args), node._data)
        except Exception:
            same = False  # the operation fails now, and did not when it was recorded
        if not same:
            raise GraphError(
                f"{name}: {node._op.name}({', '.join([describe(a) for a in node._args])}) is not what it was when it "
                "was recorded; an array that it used, or its result, was changed in place since: give a copy, or "
                "assign new data (x.data = x.data + 1) before it is used"
            )


def _same(now: Any, then: Array | tuple[Array, ...]) -> bool:
    if isinstance(then, tuple):
        return all([_same(a, b) for a, b in zip(now, then, strict=True)])
    if np.shape(now) != np.shape(then):
        return False
    kind = np.asarray(then).dtype
    if kind.kind not in "fc":
        return bool(np.array_equal(now, then))
    scale = np.max(np.abs(then), initial=0, where=np.isfinite(then))
    return bool(np.allclose(now, then, rtol=0, atol=_ROUNDING * np.finfo(kind).eps * scale, equal_nan=True))
