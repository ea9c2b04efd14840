"""Operations on batches: all directions in one call. An operation declares one of the names in BATCHED."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.core.op import Op, declared
from dezero.series.batch import Batch, Held


def _with(op: Op, **parameters: object) -> Op:
    return declared[op.name].bind(**parameters)


def _matmul(F: Any, op: Op, a: Batch | Held, b: Batch | Held) -> Batch | None:
    axes = len(a.shape), len(b.shape)
    if min(axes) < 2:
        return None  # compute() then takes one direction after the other
    shape = (*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])
    if isinstance(a, Batch) and not isinstance(b, Batch) and axes == (2, 2):

        def make() -> Held:
            matrices = a.matrices()
            rows = matrices.reshape((-1, a.shape[-1]))  # one product for all directions
            return F.on_arrays(op, rows, b).reshape((*matrices.shape[:-1], b.shape[-1]))

        return Batch.later(F, shape, make, a)
    arrays = [x.matrices(len(shape)) if isinstance(x, Batch) else x for x in (a, b)]
    return Batch(F, F.on_arrays(op, *arrays), shape)


def _reshape(F: Any, op: Op, x: Batch) -> Batch:
    shape = op.parameters["shape"]
    return Batch.later(F, shape, lambda: F.on_arrays(_with(op, shape=(F.count, *shape)), x.whole()), x)


def _broadcast_to(F: Any, op: Op, x: Batch) -> Batch:
    return Batch(F, x.array, op.parameters["shape"])


def _transpose(F: Any, op: Op, x: Batch) -> Batch:
    axes = op.parameters["axes"] or tuple(reversed(range(len(x.shape))))
    batched = _with(op, axes=(0, *[axis % len(axes) + 1 for axis in axes]))
    shape = tuple([x.shape[axis] for axis in axes])
    return Batch.later(F, shape, lambda: F.on_arrays(batched, x.aligned(len(x.shape))), x)


def _sum(F: Any, op: Op, x: Batch) -> Batch:
    n, keepdims = len(x.shape), op.parameters["keepdims"]
    axis = op.parameters["axis"]
    axes = tuple(range(n)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple([a % n for a in axes])
    shape = [1 if i in axes else size for i, size in enumerate(x.shape) if keepdims or i not in axes]
    batched = _with(op, axis=tuple([a + 1 for a in axes]), keepdims=keepdims)
    return Batch.later(F, tuple(shape), lambda: F.on_arrays(batched, x.whole()), x)


def _get_item(F: Any, op: Op, x: Batch) -> Batch | None:
    index = op.parameters["index"]
    index = index if isinstance(index, tuple) else (index,)
    if any([isinstance(i, np.ndarray | list | tuple) for i in index]):
        return None  # compute() then goes by the fact for stacked arrays
    shape = np.broadcast_to(0, x.shape)[index].shape
    return Batch.later(F, shape, lambda: F.on_arrays(_with(op, index=(slice(None), *index)), x.whole()), x)


def _concatenate(F: Any, op: Op, *xs: Batch | Held) -> Batch:
    axis = op.parameters["axis"]
    axis = axis % len(xs[0].shape)
    wholes = []
    for x in xs:
        shape = (F.count, *x.shape)
        whole = x.whole() if isinstance(x, Batch) else F.on_arrays(declared["broadcast_to"].bind(shape=shape), x)
        wholes.append(whole)
    found = F.on_arrays(_with(op, axis=axis + 1), *wholes)
    return Batch(F, found, found.shape[1:])


BATCHED: dict[str, Callable[..., Batch | None]] = {
    "matmul": _matmul,
    "reshape": _reshape,
    "broadcast_to": _broadcast_to,
    "transpose": _transpose,
    "sum": _sum,
    "get_item": _get_item,
    "concatenate": _concatenate,
}
