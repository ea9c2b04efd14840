"""What operations on matrices share: the shapes they ask for, and errors that name them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.conversion import array_or_number
from dezero.core.dtypes import Array, Shape, Shaped, is_complex
from dezero.core.errors import describe
from dezero.core.op import Op
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable

Operand = Variable | Array
_Value = TypeVar("_Value", bound=Callable[..., object])


def array(x: ArrayLike, name: str) -> Operand:
    """An argument of an operation as something that has a shape: Variables and arrays as they are."""
    found: Any = operand(x, name) if isinstance(x, Variable) else array_or_number(x, name)
    return found if hasattr(found, "shape") else np.asarray(found)


def swap(F, x):
    """The last two axes exchanged, in any reading of a rule."""
    n = len(x.shape)
    return F.transpose(x, axes=(*range(n - 2), n - 1, n - 2))


def eye(n: int, like: Shaped) -> Array:
    """The unit matrix in the dtype of `like`, so that no dtype changes where it takes part."""
    return np.eye(n, dtype=like.dtype)


def upper(n: int, k: int = 0) -> Array:
    """Where a square matrix is on or above its k-th diagonal."""
    return np.triu(np.ones((n, n), bool), k)


def matrices(name: str, a: ArrayLike, *, square: bool = False, real: str = "", argument: str = "a") -> Variable:
    """A Variable whose last two axes are matrices; `real` says why complex ones are refused."""
    a = operand(a, name)
    if a.ndim < 2:
        raise np.linalg.LinAlgError(
            f"{name}: {argument} is a {describe(a)}; it needs two axes or more, the last two of them the matrix"
        )
    if square and a.shape[-1] != a.shape[-2]:
        raise np.linalg.LinAlgError(
            f"{name}: {argument} is a {describe(a)}, which holds no square matrices; "
            "use pinv, lstsq, qr or svd for matrices of other shapes"
        )
    if real and is_complex(a):
        raise TypeError(f"{name}: {argument} is a {describe(a)}; {real}")
    return a


def failing(name: str, remedy: str) -> Callable[[_Value], _Value]:
    """A value whose LinAlgError names the operation, its arguments and what to do."""

    def decorate(value: _Value) -> _Value:
        @wraps(value)
        def call(*args: object, **parameters: object) -> object:
            try:
                return value(*args, **parameters)
            except np.linalg.LinAlgError as error:
                what = ", ".join([describe(a) for a in args])
                raise np.linalg.LinAlgError(f"{parameters.get('of', name)}({what}): {error}; {remedy}") from None

        return cast(_Value, call)

    return decorate


def attempt(op: Op, *xs: ArrayLike) -> Variable:
    """Apply an operation; what NumPy calls a LinAlgError stays one."""
    try:
        return apply(op, *xs)
    except ValueError as error:
        if isinstance(error.__cause__, np.linalg.LinAlgError):
            raise error.__cause__ from None
        raise


def attempt_all(op: Op, outputs: int, *xs: ArrayLike) -> tuple[Variable, ...]:
    """The same for an operation of several outputs."""
    node = attempt(op, *xs)
    return tuple([operations.output(node, index=i) for i in range(outputs)])


def each(function: Callable[..., Any], *arrays: Array) -> Any:
    """Apply a function of single matrices to all that the leading axes hold; one array, or a tuple of them."""
    batch = np.broadcast_shapes(*[a.shape[:-2] for a in arrays])
    if not batch:
        return function(*arrays)
    arrays = tuple([np.broadcast_to(a, batch + a.shape[-2:]) for a in arrays])
    singles = [[a[i] for a in arrays] for i in np.ndindex(*batch)]
    if not singles:  # unit matrices tell the shapes and dtypes of the results
        singles = [[np.eye(*a.shape[-2:], dtype=a.dtype) for a in arrays]]
    found = [function(*single) for single in singles]
    if isinstance(found[0], tuple):
        return tuple([_stacked(part, batch) for part in zip(*found, strict=True)])
    return _stacked(found, batch)


def _stacked(parts: Sequence[Array], batch: Shape) -> Array:
    return np.stack(parts)[: math.prod(batch)].reshape(batch + parts[0].shape)
