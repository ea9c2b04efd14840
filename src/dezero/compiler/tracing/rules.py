"""NumPy's functions that are no universal ones, on abstract arrays: by rules, or on stand-ins where there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.compiler.tracing.abstract import PROTOCOL, Abstract, abstract, is_abstract, refuse, term_of
from dezero.compiler.tracing.standins import called
from dezero.compiler.tracing.terms import BROADCAST, CONCATENATE, WHERE, Term
from dezero.core.dtypes import Shape


def function(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """The protocol of NumPy's other functions."""
    name = f"{function.__module__}.{function.__name__}"
    if name in _WRITING or (kwargs.get("out") is not None and name not in _WRITTEN):
        refuse(f"{name} that writes into a given array")
    if function in _RULES:
        return _RULES[function](*args, **kwargs)
    if name in _TYPES or name in _WRITTEN:
        return function._implementation(*args, **kwargs)  # type: ignore[attr-defined]
    if name in _BY_VALUE:
        refuse(f"{name}, whose result depends on numbers,")
    return called(function, args, kwargs)


def _names(text: str) -> frozenset[str]:
    return frozenset([f"numpy.{name}" for name in text.split()])


# Functions that look at shapes alone; those that are written in terms of methods and universal functions; and those
# whose result's type depends on numbers.
_TYPES = _names("shape ndim size iscomplexobj isrealobj")
_WRITTEN = _names(
    "sum prod max amax min amin any all mean cumsum cumprod clip transpose reshape ravel squeeze swapaxes moveaxis "
    "round real imag split array_split hsplit vsplit flip"
)
_BY_VALUE = _names(
    "nonzero flatnonzero argwhere unique unique_values unique_counts compress extract array_equal array_equiv allclose "
    "bincount histogram trim_zeros setdiff1d intersect1d union1d array_str array_repr array2string"
)


# Functions that write into their first argument: where it is plain, numbers that stand in must not get there.
_WRITING = _names("copyto put place putmask fill_diagonal put_along_axis")


def _filled(value: Any) -> Callable[..., Any]:
    def rule(x: Any, dtype: Any = None, order: Any = "K", subok: Any = True, shape: Any = None, **more: Any) -> Any:
        dtype = np.dtype(dtype or x.dtype)
        return broadcast_constant(np.full((), value, dtype), np.shape(x) if shape is None else shape)

    return rule


def _full_like(x: Any, fill_value: Any, dtype: Any = None, *args: Any, shape: Any = None, **more: Any) -> Any:
    shape, dtype = np.shape(x) if shape is None else shape, np.dtype(dtype or x.dtype)
    if is_abstract(fill_value):
        return fill_value.astype(dtype).broadcast(shape)
    fill = np.asarray(fill_value).astype(dtype)
    return broadcast_constant(fill, shape)


def broadcast_constant(value: Any, shape: Any) -> Abstract:
    """An abstract array full of a known number, which may be changed in place."""
    shape = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
    return abstract(shape, value.dtype, Term(BROADCAST.bind(shape=shape), (value,)))


def _where(condition: Any, *others: Any) -> Any:
    if len(others) != 2:
        refuse("numpy.where of one argument, whose result has an unknown shape,")
    x, y = others
    shape = np.broadcast_shapes(*[np.shape(a) for a in (condition, x, y)])
    dtype = np.result_type(*[_weak(a) for a in others])
    return abstract(shape, dtype, Term(WHERE, (term_of(condition), term_of(x), term_of(y))))


def _weak(x: Any) -> Any:
    return x.dtype if is_abstract(x) else x


def _concatenate(parts: Any, axis: Any = 0, out: Any = None, dtype: Any = None, casting: Any = "same_kind") -> Any:
    if out is not None or dtype is not None:
        return called(np.concatenate, (parts, axis), {"out": out, "dtype": dtype})
    parts = [p if hasattr(p, "dtype") else np.asarray(p) for p in parts]
    shape = (
        np.concatenate([np.broadcast_to(np.int8(0), p.shape) for p in parts], axis).shape
        if _small(parts)
        else (_joined(parts, axis))
    )
    kind = np.result_type(*[p.dtype for p in parts])
    op = CONCATENATE.bind(axis=axis)
    return abstract(shape, kind, Term(op, tuple([term_of(p) for p in parts])))


def _small(parts: Sequence[Any]) -> bool:
    return sum([p.size for p in parts]) < 4096


def _joined(parts: Sequence[Any], axis: Any) -> Shape:
    if axis is None:
        return (sum([p.size for p in parts]),)
    axis = axis % parts[0].ndim
    for p in parts[1:]:
        if p.ndim != parts[0].ndim or [n for i, n in enumerate(p.shape) if i != axis] != [
            n for i, n in enumerate(parts[0].shape) if i != axis
        ]:
            raise ValueError("all the input array dimensions except for the concatenation axis must match exactly")
    return tuple([sum([p.shape[axis] for p in parts]) if i == axis else n for i, n in enumerate(parts[0].shape)])


def _stack(parts: Any, axis: int = 0, **more: Any) -> Any:
    parts = [p if hasattr(p, "dtype") else np.asarray(p) for p in parts]
    if more or len({p.shape for p in parts}) != 1:
        np.stack([np.broadcast_to(np.int8(0), p.shape) for p in parts])  # raises NumPy's error
        return called(np.stack, (parts, axis), more)
    return np.concatenate([_expanded(p, axis) for p in parts], axis=axis)


def _expanded(x: Any, axis: Any) -> Any:
    return x.reshape(np.expand_dims(np.broadcast_to(np.int8(0), x.shape), axis).shape)


def _at_least(function: Callable[..., Any]) -> Callable[..., Any]:
    def rule(*parts: Any) -> Any:
        found = [p.reshape(function(np.broadcast_to(np.int8(0), np.shape(p))).shape) for p in parts]
        return found[0] if len(found) == 1 else tuple(found)

    return rule


def _result_type(*args: Any) -> Any:
    return np.result_type(*[_weak(a) for a in args])


def _broadcast_to(x: Any, shape: Any, subok: Any = False) -> Any:
    return x.broadcast((shape,) if isinstance(shape, int | np.integer) else tuple(shape))


def _copy(x: Any, order: Any = "K", subok: Any = False) -> Any:
    return x.copy()


def _dot(a: Any, b: Any, out: Any = None) -> Any:
    if np.ndim(a) in (1, 2) and np.ndim(b) in (1, 2) and out is None:
        return np.matmul(a, b)
    return np.multiply(a, b) if 0 in (np.ndim(a), np.ndim(b)) else called(np.dot, (a, b), {})


def _can_cast(from_: Any, to: Any, casting: Any = "safe") -> Any:
    return np.can_cast(_weak(from_), to, casting)


_RULES: dict[Any, Callable[..., Any]] = {
    np.zeros_like: _filled(0),
    np.ones_like: _filled(1),
    np.full_like: _full_like,
    np.empty_like: _filled(0),
    np.where: _where,
    np.concatenate: _concatenate,
    np.result_type: _result_type,
    np.can_cast: _can_cast,
    np.broadcast_to: _broadcast_to,
    np.copy: _copy,
    np.stack: _stack,
    np.expand_dims: _expanded,
    np.atleast_1d: _at_least(np.atleast_1d),
    np.atleast_2d: _at_least(np.atleast_2d),
    np.dot: _dot,
    np.shares_memory: lambda a, b, max_work=None: a is b,
    np.may_share_memory: lambda a, b, max_work=None: a is b,
}


PROTOCOL.function = function
