"""An operation's value, run on recording arrays.

Values are written for NumPy's arrays: they make new ones, and write into these. So that this is recorded as well, they
run with a stand-in for the module numpy, and so do the library's functions that they call.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.compiler.lowering.functions import NumPy
from dezero.compiler.lowering.recorder import Recorder
from dezero.compiler.lowering.recording import NotRecorded, Recorded
from dezero.core import power
from dezero.core.op import ELEMENTWISE, Op
from dezero.functions.elementwise import exponential
from dezero.functions.linalg import matmul
from dezero.functions.nn import losses, softmaxes
from dezero.functions.reductions import sums_and_products


def most_nodes(op: Op) -> int:
    """The nodes that an operation's value may become: what loops over elements stays a call."""
    return 512 if op.kind is ELEMENTWISE else 64


def recorded(recorder: Recorder, function: Callable[..., Any], *args: Any) -> Any:
    """What a function of arrays gives for recording arrays; NotRecorded, or an error of the function's, otherwise."""
    return _Reading(recorder).of(function)(*args)


class _Reading:
    """Functions of the library with a stand-in for numpy among their globals."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder, self.numpy = recorder, NumPy(recorder)
        self.known: dict[int, Any] = {}

    def of(self, value: Any) -> Any:
        """What stands for a value that a function reads from its globals, its closure or a module."""
        if value is np:
            return self.numpy
        if isinstance(value, functools.partial):
            return functools.partial(self.of(value.func), *value.args, **value.keywords)
        if isinstance(value, types.ModuleType) and value.__name__.startswith("dezero"):
            return _Module(self, value)
        if not isinstance(value, types.FunctionType) or not value.__module__.startswith("dezero"):
            return value
        if id(value) not in self.known:
            self.known[id(value)] = self._function(value)
        return self.known[id(value)]

    def _function(self, f: types.FunctionType) -> Any:
        if f in _GENERAL:
            return functools.partial(_GENERAL[f], self)
        cells = tuple([types.CellType(self.of(cell.cell_contents)) for cell in f.__closure__ or ()])
        made = types.FunctionType(f.__code__, _Globals(self, f.__globals__), f.__name__, f.__defaults__, cells)
        made.__kwdefaults__ = f.__kwdefaults__
        return made


class _Globals(dict[str, Any]):
    """The globals of a function, read through a reading."""

    def __init__(self, reading: _Reading, names: dict[str, Any]) -> None:
        super().__init__(names)
        self.reading = reading

    def __getitem__(self, name: str) -> Any:
        return self.reading.of(super().__getitem__(name))


class _Module:
    """A module of the library, read through a reading."""

    def __init__(self, reading: _Reading, module: types.ModuleType) -> None:
        self._reading, self._module = reading, module

    def __getattr__(self, name: str) -> Any:
        return self._reading.of(getattr(self._module, name))


# -- functions that take one of two ways by a number, in a form that is right for all ---------------------------


def _only_general(reading: _Reading) -> None:
    if not reading.recorder.general:
        raise NotRecorded("a question about numbers")


def _tails(reading: _Reading, slope: Any, tail: Callable[..., Any], x: Any) -> Any:
    _only_general(reading)
    size = abs(slope) if slope.dtype.kind == "c" else slope
    return reading.recorder.where(size < exponential.CANCELS, reading.of(tail)(x).astype(slope.dtype), slope)


def _log_of_sum(reading: _Reading, e: Any, axis: Any) -> Any:
    _only_general(reading)
    total = e.sum(axis, keepdims=True)
    near = (total >= 1) & (total < 1 + exponential.CANCELS)
    rest = np.where(e == 1, 0, e).sum(axis, keepdims=True)
    return np.where(near, np.log1p(rest), np.log(total))


def _all_equal(reading: _Reading, x: Any, axis: Any, spread: Any, scale: float) -> Any:
    _only_general(reading)
    first = reading.of(sums_and_products.first_along)(x, axis)
    near = spread <= scale * np.finfo(spread.dtype).eps * np.abs(first)
    return near & np.all(x == first, axis, keepdims=True)


def _power_derivative(reading: _Reading, a: Any, b: Any, orders: tuple[int, int]) -> Any:
    _only_general(reading)
    dtype = np.result_type(a, b)
    dtype = dtype if dtype.kind in "fc" else np.dtype(np.float64)
    if dtype.kind == "c":
        raise NotRecorded("complex powers")
    as_dtype, smooth = power._in_dtype, reading.of(power._where_smooth)
    a, b = as_dtype(a, dtype), as_dtype(b, dtype)
    weights, zero = power.falling_factorial(b, orders), a == 0
    found = smooth(np.where(zero, dtype.type(1), a), b, weights, orders[0])
    return np.where(zero, reading.of(power._limit_at_zero)(b, weights, orders), found)


def _product(reading: _Reading, a: Any, b: Any) -> Any:
    """As the value of matmul computes it: products of stacks of matrices by one matrix are one product."""
    columns = isinstance(a, Recorded) and a.ndim >= 3 and isinstance(b, Recorded) and a.dtype == b.dtype
    if columns and a.shape[-1] == 1 and a.ndim == b.ndim and b.shape[-2] == 1 and a.dtype.char in "fd":
        _only_general(reading)  # otherwise by einsum, which rounds in a way of its own
        return a * b
    if not isinstance(a, Recorded) or a.ndim < 3 or np.ndim(b) != 2 or a.shape[-1] != b.shape[0]:
        return np.matmul(a, b)
    rows = a.reshape(int(np.prod(a.shape[:-1], dtype=int)), a.shape[-1])
    return np.matmul(rows, b).reshape(*a.shape[:-1], b.shape[1])


def _at_labels(x: Any, labels: Any) -> Any:
    """Where the column of a row is its label."""
    n = x.shape[1]
    places = np.where(labels < 0, labels + n, labels) if isinstance(labels, Recorded) else np.asarray(labels) % n
    return np.arange(n) == places[:, None]


def _where_classes(x: Any, labels: Any, y: Any) -> Any:
    """y, and NaN where a label, which is known only when the code runs, is the number of no class."""
    if not isinstance(labels, Recorded):
        return y
    return np.where((labels >= 0) & (labels < x.shape[1]), y, y.dtype.type(np.nan))


def _cross_entropy(reading: _Reading, x: Any, labels: Any) -> Any:
    _only_general(reading)
    p = x - x.max(1, keepdims=True)
    picked = _where_classes(x, labels, np.where(_at_labels(x, labels), p, 0).sum(1))
    p = np.exp(p)
    loss = (_log_of_sum(reading, p, 1)[:, 0] - picked).sum() / len(x)
    return loss, p / p.sum(1, keepdims=True)


def _softmax_error(reading: _Reading, x: Any, labels: Any, p: Any) -> Any:
    _only_general(reading)
    at = _at_labels(x, labels)
    at_label = np.where(at, p, 0).sum(1, keepdims=True) - 1
    others = np.where(at, 0, p).sum(1, keepdims=True)
    error = np.where(at, np.where(at_label > -exponential.CANCELS, -others, at_label), p)
    return _where_classes(x, labels[:, None], error)


_GENERAL: dict[Callable[..., Any], Callable[..., Any]] = {
    exponential.tails: _tails,
    softmaxes.log_of_sum: _log_of_sum,
    sums_and_products.all_equal: _all_equal,
    power._derivative: _power_derivative,
    matmul._product: _product,
    losses._cross_entropy: _cross_entropy,
    losses._softmax_error: _softmax_error,
}
