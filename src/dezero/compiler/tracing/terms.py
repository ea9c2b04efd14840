"""Terms: how an array of a trace is computed, and the operations that stand for calls of NumPy in a program."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from dezero.compiler.tracing.trees import Structure, unflatten
from dezero.core.op import ELEMENTWISE, GENERAL, Op


class Term:
    """A step of a trace: an operation and its arguments, which are terms, plain arrays and numbers.

    An input of the trace has no operation. An array without numbers refers to its term; where it is changed in place
    it refers to another one, while what was computed from it before keeps the old one.
    """

    __slots__ = ("args", "op")

    def __init__(self, op: Op | None = None, args: tuple[Any, ...] = ()) -> None:
        self.op, self.args = op, args


class Identity:
    """The key of what cannot be compared by value: equal for the same object alone, which it keeps alive."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


def _named(name: str, kind: str, value: Callable[..., Any], key: Hashable) -> Op:
    op = Op(name, kind, value, ())
    op.key = key
    return op


@functools.cache
def ufunc_operation(ufunc: np.ufunc) -> Op:
    """The operation of a universal function, element by element; of several results it gives a tuple."""
    kind = ELEMENTWISE if ufunc.signature is None else GENERAL
    return _named(f"numpy.{ufunc.__name__}", kind, ufunc, ("numpy", Identity(ufunc)))


@functools.cache
def reduction(ufunc: np.ufunc, method: str) -> Op:
    """The operation of a method of a universal function: reduce, accumulate, outer; parameters are bound."""
    value = getattr(ufunc, method)
    return _named(f"numpy.{ufunc.__name__}.{method}", GENERAL, value, ("numpy", method, Identity(ufunc)))


@functools.cache
def function_operation(name: str, function: Callable[..., Any]) -> Op:
    """The operation of a function of arrays, whose parameters are bound."""
    return _named(f"numpy.{name}", GENERAL, function, ("numpy", Identity(function)))


def _select(x: Any, index: Any) -> Any:
    return x[index]


def _reshape(x: Any, shape: tuple[int, ...]) -> Any:
    return np.reshape(x, shape)


def _transpose(x: Any, axes: tuple[int, ...]) -> Any:
    return np.transpose(x, axes)


def _convert(x: Any, dtype: np.dtype[Any]) -> Any:
    return x.astype(dtype) if hasattr(x, "astype") else np.asarray(x, dtype)


def _where(condition: Any, x: Any, y: Any) -> Any:
    return np.where(condition, x, y)


def _join(*parts: Any, axis: int | None) -> Any:
    return np.concatenate(parts, axis)


def _fill(x: Any, *index: Any, structure: Structure) -> Any:
    """A copy of x in which the elements of an index have another value."""
    *inner, value = index
    y = np.array(x)
    y[unflatten(structure, inner)] = value
    return y


def _take(x: Any, *index: Any, structure: Structure) -> Any:
    return x[unflatten(structure, index)]


def _at(x: Any, *rest: Any, ufunc: np.ufunc, structure: Structure, count: int) -> Any:
    """A copy of x in which ufunc.at has changed elements; rest: the arrays of the index, then the values."""
    y = np.array(x)
    ufunc.at(y, unflatten(structure, rest[:count]), *rest[count:])
    return y


AT = function_operation("at", _at)
SELECT, RESHAPE = function_operation("getitem", _select), function_operation("reshape", _reshape)
TRANSPOSE, CONVERT = function_operation("transpose", _transpose), function_operation("astype", _convert)
BROADCAST = function_operation("broadcast_to", lambda x, shape: np.broadcast_to(x, shape))
WHERE, CONCATENATE = _named("numpy.where", ELEMENTWISE, _where, "numpy.where"), function_operation("concatenate", _join)
FILL, TAKE = function_operation("setitem", _fill), function_operation("take", _take)
PART = {"real": function_operation("real", np.real), "imag": function_operation("imag", np.imag)}


class Call:
    """A call of any function of NumPy's or the user's, as a function of the arrays among its arguments.

    structure: of (args, kwargs). held: the leaves, with None where an array of the trace stands.
    """

    def __init__(self, function: Callable[..., Any], structure: Structure, held: list[Any], moving: list[int]) -> None:
        self.function, self.structure, self.held, self.moving = function, structure, held, moving

    def same(self, other: Call) -> bool:
        """Whether two calls are of one function with the same arguments, as far as these are no arrays of a trace."""
        mine, others = (self.structure, self.moving), (other.structure, other.moving)
        return self.function is other.function and mine == others and same_constants(self.held, other.held)

    def __call__(self, *arrays: Any) -> Any:
        leaves = list(self.held)
        for place, array in zip(self.moving, arrays, strict=True):
            leaves[place] = array
        args, kwargs = unflatten(self.structure, leaves)
        return self.function(*args, **kwargs)


def call_operation(call: Call) -> Op:
    """The operation of one call; its key is its own."""
    name = getattr(call.function, "__name__", type(call.function).__name__)
    return _named(f"numpy.{name}", GENERAL, call, ("numpy", Identity(call)))


def same_constants(a: Any, b: Any) -> bool:
    """Whether two constants or parameters of two runs are equal, to the bit."""
    if a is b:
        return True
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        if type(a) is not type(b) or (a.shape, a.dtype) != (b.shape, b.dtype):
            return False
        return bool(np.array_equal(_bytes(a), _bytes(b)))
    if type(a) is not type(b):
        return False
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all([same_constants(x, y) for x, y in zip(a, b, strict=True)])
    if isinstance(a, dict):
        return a.keys() == b.keys() and all([same_constants(x, b[k]) for k, x in a.items()])
    if isinstance(a, bool | int | float | complex | np.generic | str):
        return repr(a) == repr(b)
    return True  # an object: what it holds is compared where it is used


def rounded_again(a: Any, b: Any) -> bool:
    """Whether two arrays differ by no more than the rounding of their greatest elements."""
    if not all([isinstance(x, np.ndarray) and x.size > 1 and x.dtype.kind in "fc" for x in (a, b)]):
        return False
    if (a.shape, a.dtype) != (b.shape, b.dtype):
        return False
    return bool(np.allclose(a, b, rtol=0, atol=16 * np.finfo(a.dtype).eps * np.abs(a).max(), equal_nan=True))


def _bytes(a: np.ndarray) -> np.ndarray:
    """The bytes of an array; of one that shows a single number everywhere, the bytes of that."""
    return np.ascontiguousarray(a if any(a.strides) or not a.size else a.flat[0]).view(np.uint8)
