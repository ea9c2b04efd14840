"""NumPy's functions on recording arrays."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from dezero.compiler.graph import CONCATENATE
from dezero.compiler.recording import NotRecorded, Recorded, RecordedScalar, Recorder
from dezero.core.dtypes import Shape


def _recorder(*values: Any) -> Recorder:
    return next(v.recorder for v in values if isinstance(v, Recorded))


def _typed(value: Any) -> Any:
    return value.dtype if isinstance(value, Recorded) else value


def _shape(x: Any) -> Shape:
    return x.shape if isinstance(x, Recorded) else np.shape(x)


def _where(condition: Any, a: Any, b: Any) -> Recorded:
    return _recorder(condition, a, b).where(condition, a, b)


def _broadcast_to(x: Any, shape: Any, subok: bool = False) -> Any:
    shape = tuple(shape) if isinstance(shape, tuple | list) else (operator.index(shape),)
    if np.broadcast_shapes(x.shape, shape) != shape:
        raise ValueError(f"broadcast_to: {x.shape} to {shape}")
    return x.broadcast(shape)


def _concatenate(arrays: Sequence[Any], axis: int = 0) -> Recorded:
    recorder = _recorder(*arrays)
    xs = [x if isinstance(x, Recorded) else recorder.given(np.asarray(x)) for x in arrays]
    axis = np.lib.array_utils.normalize_axis_index(axis, xs[0].ndim)
    dtype = np.result_type(*[x.dtype for x in xs])
    shape = list(xs[0].shape)
    shape[axis] = sum([x.shape[axis] for x in xs])
    for x in xs:
        if x.shape[:axis] + x.shape[axis + 1 :] != (*shape[:axis], *shape[axis + 1 :]):
            raise ValueError("concatenate: the shapes differ")
    places = [x.astype(dtype, copy=False).current() for x in xs]
    return recorder.array(recorder.add(CONCATENATE, places, tuple(shape), dtype, axis=axis))


def _stack(arrays: Sequence[Any], axis: int = 0) -> Recorded:
    recorder = _recorder(*arrays)
    xs = [x if isinstance(x, Recorded) else recorder.given(np.asarray(x)) for x in arrays]
    axis = np.lib.array_utils.normalize_axis_index(axis, xs[0].ndim + 1)
    index = (slice(None),) * axis + (None,)
    return _concatenate([x[index] if x.shape else x.reshape(1) for x in xs], axis)


def _expand_dims(x: Any, axis: Any) -> Any:
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    ndim = x.ndim + len(axes)
    new = {np.lib.array_utils.normalize_axis_index(a, ndim) for a in axes}
    lengths = iter(x.shape)
    return x.reshape([1 if a in new else next(lengths) for a in range(ndim)])


def _moveaxis(x: Any, source: Any, destination: Any) -> Any:
    moved = np.moveaxis(np.empty([0] * x.ndim), source, destination)
    order = [n for n in range(x.ndim) if n not in {source % x.ndim}] if isinstance(source, int) else None
    if order is None or moved.ndim != x.ndim:
        raise NotRecorded("several axes moved")
    order.insert(destination % x.ndim, source % x.ndim)
    return x.transpose(order)


def _flip(x: Any, axis: Any = None) -> Any:
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    turned = {np.lib.array_utils.normalize_axis_index(a, x.ndim) for a in axes}
    return x[tuple([slice(None, None, -1) if a in turned else slice(None) for a in range(x.ndim)])]


def _roll(x: Any, shift: Any, axis: Any = None) -> Any:
    if axis is None:
        return _roll(x.reshape(-1), shift, 0).reshape(x.shape)
    pairs = np.broadcast(shift, axis)
    for step, a in pairs:
        n, at = x.shape[a], (slice(None),) * (int(a) % x.ndim)
        step = int(step) % max(n, 1)
        if step:
            x = _concatenate([x[(*at, slice(n - step, None))], x[(*at, slice(0, n - step))]], int(a))
    return x.copy()


def _take(x: Any, indices: Any, axis: Any = None) -> Any:
    """By joining what each run of successive indices reads."""
    indices = np.asarray(indices)
    if axis is None or indices.ndim != 1 or not indices.size or indices.dtype.kind not in "iu":
        raise NotRecorded("elements at places")
    at = (slice(None),) * (axis % x.ndim)
    runs = np.split(indices, np.flatnonzero(np.diff(indices) != 1) + 1)
    if len(runs) > 8:
        raise NotRecorded("elements at many places")
    return _concatenate([x[(*at, slice(int(run[0]), int(run[-1]) + 1))] for run in runs], axis)


def _triangle(part: Callable[..., Any]) -> Callable[..., Any]:
    def call(x: Any, k: int = 0) -> Any:
        mask = part(np.ones(x.shape[-2:], bool), k)
        return _where(mask, x, np.zeros(1, x.dtype))

    return call


def _like(number: Any) -> Callable[..., Any]:
    def call(x: Any, *args: Any, dtype: Any = None, shape: Any = None, **keywords: Any) -> Any:
        if args and number is not None:
            dtype = args[0]
        value = args[0] if number is None else number
        dtype = x.dtype if dtype is None else np.dtype(dtype)
        return x.recorder.filled(x.shape if shape is None else shape, value, dtype)

    return call


def _method(name: str) -> Callable[..., Any]:
    return lambda x, *args, **keywords: getattr(x, name)(*args, **keywords)


def _dot(a: Any, b: Any) -> Any:
    if max(len(_shape(a)), len(_shape(b))) > 2 or not _shape(a) or not _shape(b):
        raise NotRecorded("a dot of other shapes")
    return _recorder(a, b).ufunc(np.matmul, (a, b))


def _diff(x: Any, n: int = 1, axis: int = -1) -> Any:
    if n != 1 or x.dtype == bool:
        raise NotRecorded("differences")
    at = (slice(None),) * (axis % x.ndim)
    return x[(*at, slice(1, None))] - x[(*at, slice(None, -1))]


def _result_type(*values: Any) -> Any:
    return np.result_type(*[_typed(v) for v in values])


def _complex(x: Any) -> bool:
    return np.dtype(x.dtype).kind == "c"


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "where": _where,
    "broadcast_to": _broadcast_to,
    "concatenate": _concatenate,
    "stack": _stack,
    "expand_dims": _expand_dims,
    "moveaxis": _moveaxis,
    "flip": _flip,
    "roll": _roll,
    "take": _take,
    "tril": _triangle(np.tril),
    "triu": _triangle(np.triu),
    "diff": _diff,
    "dot": _dot,
    "zeros_like": _like(0),
    "empty_like": _like(0),
    "ones_like": _like(1),
    "full_like": _like(None),
    "result_type": _result_type,
    "iscomplexobj": _complex,
    "isrealobj": lambda x: not _complex(x),
    "shape": _shape,
    "ndim": lambda x: len(_shape(x)),
    "size": lambda x: x.size,
    "broadcast_shapes": np.broadcast_shapes,
    "real": lambda x: x.real,
    "amax": _method("max"),
    "amin": _method("min"),
    **{name: _method(name) for name in "sum prod max min mean all any reshape transpose swapaxes squeeze".split()},
    **{name: _method(name) for name in "ravel clip copy".split()},
}


class NumPy:
    """NumPy for a value that is being recorded: what it makes anew records too, and is written to in place."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    @contextmanager
    def errstate(self, **states: Any) -> Iterator[None]:
        """What is computed in the block is marked with the state."""
        before, self._recorder.errstate = self._recorder.errstate, {**self._recorder.errstate, **states}
        try:
            with np.errstate(**states):
                yield
        finally:
            self._recorder.errstate = before

    def asarray(self, x: Any, dtype: Any = None, **keywords: Any) -> Any:
        if not isinstance(x, Recorded):
            return np.asarray(x, dtype, **keywords)
        if isinstance(x, RecordedScalar):
            x = Recorded(x.recorder, x.current(), x.shape, x.dtype)
        return x if dtype is None else x.astype(dtype, copy=False)

    def array(self, x: Any, dtype: Any = None, **keywords: Any) -> Any:
        if isinstance(x, Recorded):
            return self.asarray(x.astype(x.dtype if dtype is None else dtype))
        if isinstance(x, tuple | list) and any([isinstance(v, Recorded) for v in x]):
            return _stack(x)
        return np.array(x, dtype, **keywords)

    def zeros(self, shape: Any, dtype: Any = float, **keywords: Any) -> Any:
        return self._recorder.filled(shape, 0, np.dtype(dtype))

    empty = zeros

    def ones(self, shape: Any, dtype: Any = float, **keywords: Any) -> Any:
        return self._recorder.filled(shape, 1, np.dtype(dtype))

    def full(self, shape: Any, value: Any, dtype: Any = None, **keywords: Any) -> Any:
        if isinstance(value, Recorded):
            raise NotRecorded("an array full of a computed number")
        value = np.asarray(value)
        if value.ndim:
            raise NotRecorded("an array of repeated arrays")
        return self._recorder.filled(shape, value, value.dtype if dtype is None else np.dtype(dtype))

    def zeros_like(self, x: Any, dtype: Any = None, **keywords: Any) -> Any:
        return self.zeros(_shape(x), np.result_type(_typed(x)) if dtype is None else dtype)

    def einsum(self, spec: str, *xs: Any, **keywords: Any) -> Any:
        if any([isinstance(x, Recorded) for x in xs]):
            raise NotRecorded("numpy.einsum")
        return np.einsum(spec, *xs, **keywords)
