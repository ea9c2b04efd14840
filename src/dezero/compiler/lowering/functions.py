"""NumPy's functions on recording arrays."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from dezero.compiler.graph import CONCATENATE, RESHAPE
from dezero.compiler.lowering.recorder import Recorder
from dezero.compiler.lowering.recording import FUNCTIONS, NotRecorded, Recorded, RecordedScalar
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


def _round(x: Any, decimals: int = 0, out: Any = None) -> Any:
    if x.dtype.char not in "fd" or out is not None:
        raise NotRecorded("rounding in another precision")
    if not decimals:
        return np.rint(x)
    first, second = (np.multiply, np.true_divide) if decimals > 0 else (np.true_divide, np.multiply)
    return second(np.rint(first(x, 10.0 ** abs(decimals))), 10.0 ** abs(decimals))


def _nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    if x.dtype.kind != "f":
        raise NotRecorded("numpy.nan_to_num of complex numbers")
    ends = np.finfo(x.dtype)
    y = _where(np.isnan(x), nan, x)
    y = _where(x == np.inf, float(ends.max) if posinf is None else posinf, y)
    return _where(x == -np.inf, float(ends.min) if neginf is None else neginf, y)[()]


def _angle(x: Any, deg: bool = False) -> Any:
    if _complex(x) or deg:
        raise NotRecorded("numpy.angle of complex numbers")
    return np.arctan2(0, x)


def _einsum(spec: str, *xs: Any, **keywords: Any) -> Any:
    """As a product that is summed, which need not have the same bits."""
    recorder = _recorder(*xs)
    labels, output = spec.replace(" ", "").split("->")
    lists = labels.split(",")
    if not recorder.general or keywords or "." in spec or any([len(set(part)) < len(part) for part in lists]):
        raise NotRecorded("numpy.einsum")
    order = [*output, *sorted(set(labels) - {",", *output})]
    product: Any = None
    for x, part in zip(xs, lists, strict=True):
        lengths = iter([x.shape[part.index(i)] for i in order if i in part])
        x = x.transpose([part.index(i) for i in order if i in part])
        x = x.reshape([next(lengths) if i in part else 1 for i in order])
        product = x if product is None else product * x
    summed = tuple(range(len(output), len(order)))
    return product.sum(summed) if summed else product


def _var(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    if not x.recorder.general or x.dtype.char not in "fd":
        raise NotRecorded("numpy.var")
    centred = x - x.mean(axis, keepdims=True)
    total = (centred * centred).sum(axis, keepdims=keepdims)
    return total / max(x.size // max(total.size, 1) - ddof, 0)


def _result_type(*values: Any) -> Any:
    return np.result_type(*[_typed(v) for v in values])


def _complex(x: Any) -> bool:
    return np.dtype(x.dtype).kind == "c"


FUNCTIONS.update(
    {
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
        "round": _round,
        "nan_to_num": _nan_to_num,
        "isposinf": lambda x: x == np.inf,
        "isneginf": lambda x: x == -np.inf,
        "angle": _angle,
        "einsum": _einsum,
        "var": _var,
        "std": lambda *args, **keywords: np.sqrt(_var(*args, **keywords)),
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
        **{name: _method(name) for name in ("sum", "prod", "max", "min", "mean", "all", "any")},
        **{name: _method(name) for name in ("reshape", "transpose", "swapaxes", "squeeze", "ravel", "clip", "copy")},
    }
)


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
            x = x.view_of(
                RESHAPE, (), array=True
            )  # an array without axes: NumPy computes some powers of these otherwise than of scalars
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
            return self._recorder.given(np.full(shape, value, dtype))
        return self._recorder.filled(shape, value, value.dtype if dtype is None else np.dtype(dtype))

    def zeros_like(self, x: Any, dtype: Any = None, shape: Any = None, **keywords: Any) -> Any:
        return self.zeros(_shape(x) if shape is None else shape, np.result_type(_typed(x)) if dtype is None else dtype)
