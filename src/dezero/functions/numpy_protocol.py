"""NumPy's own functions on Variables: each is handed to the operation of the same meaning.

Functions are told apart by identity, not by name: numpy.trace and numpy.linalg.trace take different axes.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.asking import asks_scipy, takes_part
from dezero.core.config import recording
from dezero.core.errors import UnsupportedOperation
from dezero.core.registry import operations
from dezero.core.variable import Variable
from dezero.core.watch.watching import WATCHES, note_compared

# array + v comes this way, too: the common operators are looked up first, to be fast.
_FAST = {np.matmul: "matmul", np.add: "add", np.subtract: "sub", np.multiply: "mul", np.divide: "div"}

# What has no derivative gives plain arrays, as comparison operators do.
_PLAIN = {
    getattr(np, name)
    for name in [
        "equal",
        "not_equal",
        "less",
        "less_equal",
        "greater",
        "greater_equal",
        "isnan",
        "isinf",
        "isfinite",
        "signbit",
        "logical_and",
        "logical_or",
        "logical_not",
        "logical_xor",
        "shape",
        "ndim",
        "size",
        "zeros_like",
        "ones_like",
        "empty_like",
        "full_like",
        "result_type",
        "can_cast",
        "array_equal",
        "allclose",
        "isclose",
        "argmax",
        "argmin",
        "argsort",
        "nonzero",
        "count_nonzero",
        "all",
        "any",
        "array_repr",
        "array_str",
        "array2string",
        "iscomplexobj",
        "isrealobj",
        "may_share_memory",
        "shares_memory",
    ]
}

# Of numpy.linalg and numpy.fft: ours have the same names, arguments and defaults.
_SAME = {
    getattr(module, name)
    for module, names in (
        (
            np.linalg,
            "cholesky det eig eigh eigvals eigvalsh inv lstsq matrix_power multi_dot norm pinv qr slogdet solve svd",
        ),
        (
            np.fft,
            "fft fft2 fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft rfft2 rfftn",
        ),
    )
    for name in names.split()
}
_LOSSES = {"huber", "kl_div"}  # losses here, other functions in scipy.special

_Function = Callable[..., Any]
_known: dict[_Function, str | _Function] = {}


def numpy_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[object, ...], kwargs: dict[str, Any]) -> object:
    """Variable.__array_ufunc__: numpy.sin(v), array + v, scipy.special.erf(v)."""
    if not kwargs and method == "__call__" and ufunc in _FAST:
        return getattr(operations, _FAST[ufunc])(*inputs)
    if asks_scipy(2) and _constant((*inputs, *kwargs.values())):
        return getattr(ufunc, method)(*[_deep_raw(x) for x in inputs], **{k: _deep_raw(x) for k, x in kwargs.items()})
    name = _full_name(ufunc)
    if kwargs.get("out") is not None:
        raise UnsupportedOperation(
            f"{name}: a Variable's result cannot be written into an array (out=, or array {_symbol(name)}= v); "
            "the graph would be cut. Write a = a op v, or use v.data"
        )
    if ufunc is np.vecdot and method == "__call__" and kwargs.keys() <= {"axis"}:
        return _counterpart(ufunc)(*inputs, **kwargs)
    if method != "__call__" or any(k != "out" for k in kwargs):
        detail = f".{method}" if method != "__call__" else f" with {', '.join(kwargs)}="
        raise UnsupportedOperation(f"{name}{detail} is not supported on a Variable; use {name} alone")
    if ufunc in _PLAIN:
        return _compared(ufunc, inputs, ufunc(*[raw(x) for x in inputs]))
    if ufunc is np.positive:
        return inputs[0]
    return _counterpart(ufunc)(*inputs)


def numpy_function(function: _Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> object:
    """Variable.__array_function__: numpy.sum(v), numpy.concatenate([v, w])."""
    if function in _PLAIN or (asks_scipy(2) and _constant((*args, *kwargs.values()))):
        found = function(*[_deep_raw(a) for a in args], **{k: _deep_raw(a) for k, a in kwargs.items()})
        return _compared(None, (*args, *kwargs.values()), found)
    if "a" in kwargs:
        args, kwargs = (kwargs["a"], *args), {k: v for k, v in kwargs.items() if k != "a"}
    call = _counterpart(function)
    if len(args) > 2:
        args, kwargs = _named(function, args, kwargs)
    try:
        return call(*args, **kwargs)
    except TypeError:
        _check_taken(call, function, args, kwargs)
        raise


def _check_taken(call: _Function, function: _Function, args: tuple[object, ...], kwargs: dict[str, Any]) -> None:
    """UnsupportedOperation where our function does not take the arguments that NumPy's does."""
    try:
        inspect.signature(call).bind(*args, **kwargs)
    except TypeError as error:
        name = function.__name__
        see = f"; see dezero.functions.{name}" if hasattr(operations, name) else ""
        raise UnsupportedOperation(f"{_full_name(function)} on a Variable: {error}{see}") from None


def _named(
    function: _Function, args: tuple[object, ...], kwargs: dict[str, Any]
) -> tuple[tuple[object, ...], dict[str, Any]]:
    """The arguments after the second by name, where NumPy has dtype or out among them, which our functions have not."""
    try:
        names = list(inspect.signature(function).parameters)
    except ValueError:  # a function of C has no signature, and no such arguments by position
        return args, kwargs
    if not {"dtype", "out"} & set(names[2 : len(args)]):
        return args, kwargs
    given = {n: a for n, a in zip(names[2:], args[2:], strict=False) if a is not None}
    return args[:2], {**given, **kwargs}


def _counterpart(function: _Function) -> _Function:
    """The function here that is NumPy's or SciPy's; UnsupportedOperation where there is none."""
    if function not in _known:
        _known[function] = _found(function)
    known = _known[function]
    return getattr(operations, known) if isinstance(known, str) else known


def _found(function: _Function) -> str | _Function:
    """Its name among the operations, or a function that stands for it."""
    from dezero.functions.numpy_modules import counterparts

    if function in counterparts:
        return counterparts[function]
    name: str = function.__name__
    special = getattr(sys.modules.get("scipy.special"), name, None) is function and name not in _LOSSES
    if (getattr(np, name, None) is function or function in _SAME or special) and hasattr(operations, name):
        return name
    near = f" (dezero.functions.{name} is another function)" if hasattr(operations, name) else ""
    raise UnsupportedOperation(
        f"{_full_name(function)} has no derivative rule in dezero{near}; use v.data for the value alone, or write a "
        "Function"
    )


def _full_name(function: _Function) -> str:
    """The name with the module that users import it from, which a ufunc does not say."""
    name: str = function.__name__
    module = getattr(function, "__module__", None)
    if module is None:
        special = getattr(sys.modules.get("scipy.special"), name, None) is function
        module = "numpy" if getattr(np, name, None) is function else "scipy.special" if special else ""
    return f"{module.replace('numpy.lib.scimath', 'numpy.emath')}.{name}".lstrip(".")


def _constant(values: Iterable[object]) -> bool:
    """Whether no derivative is lost where SciPy is given plain arrays, which its compiled code needs."""
    for value in values:
        if isinstance(value, tuple | list):
            if not _constant(value):
                return False
        elif isinstance(value, Variable) and recording() and takes_part(value):
            return False
    return True


def _compared(ufunc: np.ufunc | None, args: tuple[object, ...], outcome: Any) -> object:
    """ufunc: None where the function takes more than arrays."""
    return note_compared(ufunc, args, outcome) if WATCHES else outcome


def _deep_raw(value: object) -> Any:
    if isinstance(value, tuple | list):
        return type(value)(_deep_raw(v) for v in value)
    return raw(value)


def _symbol(name: str) -> str:
    return {"numpy.add": "+", "numpy.subtract": "-", "numpy.multiply": "*", "numpy.divide": "/"}.get(name, "op")


operations.numpy_ufunc = numpy_ufunc  # type: ignore[attr-defined]
operations.numpy_function = numpy_function  # type: ignore[attr-defined]
