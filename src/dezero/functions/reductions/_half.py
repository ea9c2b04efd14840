"""Half precision: what adds up many numbers, or squares them, does so in single precision and rounds at the end."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

from dezero.core import dtypes
from dezero.core.arraylike import raw
from dezero.core.variable import Variable
from dezero.functions.arrays.dtype import astype

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _single(x: Any) -> Any:
    return astype(x, np.float32) if isinstance(x, Variable) and dtypes.is_half(x._data) else dtypes.single(x)


def in_single(function: _Function, updated: tuple[str, ...] = ()) -> _Function:
    """Compute a function of a half-precision array in single precision: its result and its derivatives.

    The first argument decides. The result is half-precision again, unless another argument has more digits.
    updated: parameters whose arrays the function changes in place. They are passed as they are, and their digits do not
    count.
    """
    names = tuple(inspect.signature(function).parameters)

    @functools.wraps(function)
    def call(*args: Any, **others: Any) -> Any:
        if not dtypes.is_half(raw(args[0] if args else others.get(names[0]))):
            return function(*args, **others)
        given = {**dict(zip(names, args, strict=False)), **others}
        result = function(**{name: a if name in updated else _single(a) for name, a in given.items()})
        arrays = [raw(a) for name, a in given.items() if name not in updated and hasattr(raw(a), "dtype")]
        if any([dtypes.is_inexact(a) and not dtypes.is_half(a) for a in arrays]):
            return result
        return tuple([_halved(y) for y in result]) if isinstance(result, tuple) else _halved(result)

    return cast(_Function, call)


def _halved(y: Any) -> Any:
    return astype(y, np.float16) if isinstance(y, Variable) and y.dtype == np.float32 else y
