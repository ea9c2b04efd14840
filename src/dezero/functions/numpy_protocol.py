"""NumPy's own functions on Variables: each is handed to the operation of the same meaning."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.core.errors import UnsupportedOperation
from dezero.core.operators import raw
from dezero.core.registry import operations

# NumPy's name -> ours, where they differ.
_UFUNC_NAMES = {
    "subtract": "sub",
    "multiply": "mul",
    "divide": "div",
    "negative": "neg",
    "power": "pow",
    "absolute": "abs",
}

# Operators with an array on the left come this way, so the common ones take no detour.
_FAST = {"matmul": "matmul", "add": "add", "subtract": "sub", "multiply": "mul", "divide": "div"}

# What has no derivative gives plain arrays, as comparison operators do.
_PLAIN_UFUNCS, _PLAIN_FUNCTIONS = (
    set(names.split())
    for names in (
        "equal not_equal less less_equal greater greater_equal isnan isinf isfinite signbit "
        "logical_and logical_or logical_not logical_xor",
        "shape ndim size zeros_like ones_like empty_like full_like result_type can_cast array_equal allclose isclose "
        "argmax argmin argsort nonzero count_nonzero all any array_repr array_str array2string iscomplexobj isrealobj "
        "may_share_memory shares_memory",
    )
)


def numpy_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Variable.__array_ufunc__: numpy.sin(v), array + v."""
    name = ufunc.__name__
    if not kwargs and method == "__call__" and name in _FAST:
        return getattr(operations, _FAST[name])(*inputs)
    if kwargs.get("out") is not None:
        raise UnsupportedOperation(
            f"numpy.{name}: a Variable's result cannot be written into an array (out=, or array {_symbol(name)}= v); "
            "the graph would be cut. Write a = a op v, or use v.data"
        )
    if method != "__call__" or any(k != "out" for k in kwargs):
        detail = f".{method}" if method != "__call__" else f" with {', '.join(kwargs)}="
        raise UnsupportedOperation(f"numpy.{name}{detail} is not supported on a Variable; use numpy.{name} alone")
    if name in _PLAIN_UFUNCS:
        return ufunc(*[raw(x) for x in inputs])
    if name == "positive":
        return inputs[0]
    return _operation(_UFUNC_NAMES.get(name, name), f"numpy.{name}")(*inputs)


def numpy_function(function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """Variable.__array_function__: numpy.sum(v), numpy.concatenate([v, w])."""
    name = function.__name__
    if name in _PLAIN_FUNCTIONS:
        return function(*[_deep_raw(a) for a in args], **{k: _deep_raw(a) for k, a in kwargs.items()})
    if "a" in kwargs:
        args, kwargs = (kwargs["a"], *args), {k: v for k, v in kwargs.items() if k != "a"}
    call = _operation(name, f"{function.__module__}.{name}")
    if len(args) > 2:
        args, kwargs = _named(function, args, kwargs)
    try:
        return call(*args, **kwargs)
    except TypeError:
        _check_taken(call, name, args, kwargs)
        raise


def _check_taken(call: Callable[..., Any], name: str, args: Any, kwargs: dict[str, Any]) -> None:
    """UnsupportedOperation where our function does not take the arguments that NumPy's does."""
    try:
        inspect.signature(call).bind(*args, **kwargs)
    except TypeError as error:
        raise UnsupportedOperation(f"numpy.{name} on a Variable: {error}; see dezero.functions.{name}") from None


def _named(function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """NumPy's positions of dtype and out, which our functions do not have, told apart from the arguments after them."""
    try:
        names = list(inspect.signature(function).parameters)
    except ValueError:  # a function of C has no signature, and no such arguments by position
        return args, kwargs
    if not {"dtype", "out"} & set(names[2 : len(args)]):
        return args, kwargs
    given = {n: a for n, a in zip(names[2:], args[2:], strict=False) if a is not None}
    return args[:2], {**given, **kwargs}


def _operation(name: str, asked: str) -> Callable[..., Any]:
    try:
        return getattr(operations, name)
    except AttributeError:
        raise UnsupportedOperation(
            f"{asked} has no derivative rule in dezero; use v.data for the value alone, or write a Function"
        ) from None


def _deep_raw(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return type(value)(_deep_raw(v) for v in value)
    return raw(value)


def _symbol(name: str) -> str:
    return {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}.get(name, "op")


operations.numpy_ufunc = numpy_ufunc  # type: ignore[attr-defined]
operations.numpy_function = numpy_function  # type: ignore[attr-defined]
