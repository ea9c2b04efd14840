"""NumPy's functions on abstract arrays: shapes and dtypes by rules, and on stand-ins where there is no rule."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.compiler.abstract import Abstract, abstract, is_abstract, like, refuse, term_of
from dezero.compiler.terms import (
    CONCATENATE,
    CONVERT,
    WHERE,
    Call,
    Term,
    call_operation,
    reduction,
    ufunc_operation,
)
from dezero.compiler.trees import flatten
from dezero.core.dtypes import Shape
from dezero.core.op import ELEMENTWISE
from dezero.core.tracing import PerRun, trace_here
from dezero.core.variable import tick

CLIP: np.ufunc = np._core.umath.clip  # type: ignore[attr-defined]
_PYTHON = (bool, int, float, complex)


def ufunc(ufunc: np.ufunc, method: str, inputs: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """The protocol of universal functions."""
    out = kwargs.pop("out", None)
    if any([isinstance(x, list | tuple) for x in inputs]):
        inputs = tuple([np.array(x) if isinstance(x, list | tuple) else x for x in inputs])
    if method == "__call__":
        found = _elementwise(ufunc, inputs, kwargs) if ufunc.signature is None else _core(ufunc, inputs, kwargs)
    elif method == "reduce":
        found = _reduced(ufunc, inputs[0], kwargs)
    elif method == "accumulate" and not isinstance(inputs[0], list):
        x = inputs[0]
        if kwargs.get("dtype", 0) is None:
            del kwargs["dtype"]
        dtype = ufunc.accumulate(np.ones(1, x.dtype), dtype=kwargs.get("dtype")).dtype
        parameters = {k: v for k, v in kwargs.items() if v is not None}
        found = abstract(x.shape, dtype, Term(reduction(ufunc, method).bind(**parameters), (x.term,)))
    elif method == "outer":
        a, b = [x if is_abstract(x) else np.asarray(x) for x in inputs]
        found = ufunc(a.reshape(*a.shape, *[1] * b.ndim), b)
    elif method == "at":
        return _at(ufunc, *inputs)
    else:
        found = called(getattr(ufunc, method), inputs, kwargs)
    if out is None or all([x is None for x in out]):
        return found
    return _into(out, found)


def _elementwise(ufunc: np.ufunc, inputs: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    dtype = kwargs.pop("dtype", None)
    kwargs = {k: v for k, v in kwargs.items() if (k, v) not in (("casting", "same_kind"), ("subok", True))}
    if kwargs.get("where", True) is True:
        kwargs.pop("where", None)
    kwargs.pop("casting", None)
    kwargs.pop("subok", None)
    kwargs.pop("order", None)
    if kwargs:
        return called(ufunc, inputs, kwargs)
    shape = np.broadcast_shapes(*[() if isinstance(x, PerRun) else np.shape(x) for x in inputs])
    signature = None if dtype is None else (*[None] * ufunc.nin, *[np.dtype(dtype)] * ufunc.nout)
    kinds = [_kind(x) for x in inputs]
    loop = (
        ufunc.resolve_dtypes((*kinds, *[None] * ufunc.nout), signature=signature, casting="unsafe" if dtype else None)
        if dtype
        else ufunc.resolve_dtypes((*kinds, *[None] * ufunc.nout))
    )
    trace = trace_here()
    inputs = [trace.number(x, loop[i]) if isinstance(x, PerRun) and trace else x for i, x in enumerate(inputs)]
    op = ufunc_operation(ufunc) if dtype is None else ufunc_operation(ufunc).bind(dtype=np.dtype(dtype))
    return _results(op, inputs, shape, loop[ufunc.nin :])


def _results(op: Any, inputs: Sequence[Any], shape: Shape, dtypes: Sequence[Any]) -> Any:
    term = Term(op, tuple([term_of(x) for x in inputs]))
    if len(dtypes) == 1:
        return abstract(shape, dtypes[0], term)
    from dezero.core.outputs import picking

    return tuple([abstract(shape, dtype, Term(picking(i), (term,))) for i, dtype in enumerate(dtypes)])


def _kind(x: Any) -> Any:
    """The dtype of an argument, or the class of a Python number, which NumPy promotes weakly."""
    if isinstance(x, PerRun):
        return float
    if type(x) in _PYTHON:
        return np.dtype(bool) if type(x) is bool else type(x)
    return x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype


def _core(ufunc: np.ufunc, inputs: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """A universal function of stacks of matrices or vectors: the product of matrices by a rule."""
    if ufunc is not np.matmul or kwargs:
        return called(ufunc, inputs, kwargs)
    a, b = [np.shape(x) for x in inputs]
    if not a or not b or a[-1] != b[-2 if len(b) > 1 else -1]:
        np.matmul(*[np.broadcast_to(np.float64(0), s) for s in (a, b)])  # raises NumPy's error
    shape = (*np.broadcast_shapes(a[:-2], b[:-2]), *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))
    return _results(ufunc_operation(ufunc), inputs, shape, ufunc.resolve_dtypes((*map(_kind, inputs), None))[2:])


def _reduced(ufunc: np.ufunc, x: Any, kwargs: dict[str, Any]) -> Any:
    axis, keepdims = kwargs.get("axis", 0), bool(kwargs.get("keepdims", False))
    dtype = kwargs.get("dtype")
    parameters: dict[str, Any] = {"axis": axis, "keepdims": keepdims}
    if dtype is not None:
        parameters["dtype"] = np.dtype(dtype)
    if kwargs.get("where", True) is not True or is_abstract(kwargs.get("initial")):
        return called(ufunc.reduce, (x,), kwargs)
    if "initial" in kwargs and kwargs["initial"] is not np._NoValue:  # type: ignore[attr-defined]
        parameters["initial"] = kwargs["initial"]
    probe = np.broadcast_to(np.int8(0), x.shape)
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = {np.lib.array_utils.normalize_axis_index(a, max(x.ndim, 1)) for a in axes} if x.ndim else set()
    if ufunc.identity is None and "initial" not in parameters and any([x.shape[a] == 0 for a in gone]):
        ufunc.reduce(probe, axis=axis)  # raises NumPy's error
    shape = tuple([1 if a in gone else n for a, n in enumerate(x.shape) if keepdims or a not in gone])
    kind = ufunc.reduce(np.ones(1, x.dtype), dtype=dtype).dtype
    op = reduction(ufunc, "reduce").bind(**parameters)
    return abstract(shape, kind, Term(op, (term_of(x),)))


def _at(ufunc: np.ufunc, target: Any, index: Any, *values: Any) -> None:
    if not is_abstract(target):
        refuse(f"numpy.{ufunc.__name__}.at on a plain array")
    leaves, structure = flatten(index)

    def added(x: Any, *rest: Any) -> Any:
        from dezero.compiler.trees import unflatten

        y = np.array(x)
        ufunc.at(y, unflatten(structure, rest[: len(leaves)]), *rest[len(leaves) :])
        return y

    op = call_operation(Call(added, *_parts((target, *leaves, *values))))
    overwrite(target, Term(op, tuple([term_of(x) for x in (target, *leaves, *values) if is_abstract(x)])), "at")


def _parts(args: tuple[Any, ...], kwargs: dict[str, Any] | None = None) -> tuple[Any, list[Any], list[int]]:
    leaves, structure = flatten((args, kwargs or {}))
    moving = [i for i, x in enumerate(leaves) if is_abstract(x)]
    return structure, [None if is_abstract(x) else x for x in leaves], moving


def overwrite(array: Abstract, term: Term, what: str) -> None:
    """Give an abstract array other contents, as an operation in place does."""
    if array.whole is not None:
        refuse(f"{what} of {array!r}, which is a view of another array,")
    array.term, array.written = term, tick()


def _into(out: Sequence[Any], found: Any) -> Any:
    """Write results into the arrays that out= names."""
    results = found if isinstance(found, tuple) else (found,)
    written = []
    for target, result in zip(out, results, strict=True):
        if target is None:
            written.append(result)
            continue
        if not is_abstract(target):
            refuse("a result written into a plain array by out= or an assignment in place")
        if not np.can_cast(result.dtype, target.dtype, "same_kind"):
            raise TypeError(f"cannot cast a result of dtype {result.dtype} to {target.dtype}, in place")
        if np.broadcast_shapes(result.shape, target.shape) != target.shape:
            raise ValueError(f"a result of shape {result.shape} could not be broadcast to {target.shape}, in place")
        if result.shape != target.shape:
            result = result.broadcast(target.shape)
        same = result.dtype == target.dtype
        term = result.term if same else Term(CONVERT.bind(dtype=target.dtype), (result.term,))
        overwrite(target, term, "an operation in place")
        written.append(target)
    return tuple(written) if isinstance(found, tuple) else written[0]


# -- NumPy's other functions -----------------------------------------------------------------------------------------


def function(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """The protocol of NumPy's other functions."""
    name = f"{function.__module__}.{function.__name__}"
    if function in _RULES:
        return _RULES[function](*args, **kwargs)
    if name in _TYPES or name in _WRITTEN:
        return function._implementation(*args, **kwargs)  # type: ignore[attr-defined]
    if name in _BY_VALUE:
        refuse(f"{name}, whose result depends on numbers,")
    return called(function, args, kwargs)


# Functions that look at shapes alone, and those that are written in terms of methods and universal functions.
_TYPES = {f"numpy.{n}" for n in "shape ndim size iscomplexobj isrealobj broadcast_arrays".split()}
_WRITTEN = {
    f"numpy.{n}"
    for n in (
        "sum prod max amax min amin any all mean cumsum cumprod clip transpose reshape ravel squeeze swapaxes moveaxis "
        "round real imag split array_split hsplit vsplit flip"
    ).split()
}
_BY_VALUE = {
    f"numpy.{n}"
    for n in (
        "nonzero flatnonzero argwhere unique unique_values unique_counts compress extract array_equal array_equiv "
        "allclose bincount histogram trim_zeros setdiff1d intersect1d union1d place putmask put count_nonzero "
        "array_str array_repr array2string"
    ).split()
} - {"numpy.count_nonzero"}


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


def broadcast_constant(value: Any, shape: Shape) -> Abstract:
    """An abstract array full of a known number, which may be changed in place."""
    from dezero.compiler.terms import BROADCAST

    shape = (shape,) if isinstance(shape, int) else tuple(shape)
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
            raise ValueError(f"all the input array dimensions except for the concatenation axis must match exactly")
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


def called(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Any call: its result's type is found on stand-ins of the arrays' sizes."""
    structure, held, moving = _parts(tuple(args), kwargs)
    call = Call(function, structure, held, moving)
    leaves = flatten((tuple(args), kwargs))[0]
    arrays = [leaves[i] for i in moving]
    return on_stand_ins(call_operation(call), arrays)


def on_stand_ins(op: Any, args: Sequence[Any]) -> Any:
    """What stands for an operation's result, whose type is found by computing it on numbers.

    Two lots of numbers must give one type: the eigenvalues of some real matrices are complex, those of others real.
    """
    narrow = op.kind is ELEMENTWISE
    known = [like(r, Term()) for r in _computed(op, args, narrow)]
    if any([_types(k) != _types(known[0]) for k in known]):
        refuse(f"{op.name}, whose result's type depends on numbers,")
    shape = np.broadcast_shapes(*[np.shape(x) for x in args]) if narrow else None
    return like(known[0], Term(op, tuple([term_of(x) for x in args])), shape)


def _types(found: Any) -> Any:
    return tuple([_types(part) for part in found]) if isinstance(found, tuple | list) else (found.shape, found.dtype)


def _computed(op: Any, args: Sequence[Any], narrow: bool) -> list[Any]:
    """An operation's results on two lots of numbers; on the second where it takes them."""
    found = []
    for lot in (0, 1):
        numbers = [stand_in(x, lot, narrow) for x in args]
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found.append(op.value(*numbers))
        except Exception:
            if not lot:
                raise
    return found


def stand_in(x: Any, lot: int, narrow: bool) -> Any:
    """Numbers in place of an abstract array; other values as they are. narrow: of one element."""
    if not is_abstract(x):
        return x.reshape(-1)[:1].reshape((1,) * x.ndim) if narrow and isinstance(x, np.ndarray) and x.size else x
    return np.array(_numbers((1,) * x.ndim if narrow else x.shape, x.dtype, lot))


@functools.lru_cache(maxsize=64)
def _numbers(shape: Shape, dtype: Any, lot: int) -> Any:
    """Numbers for which most functions are defined: between 0 and 1. Square matrices are positive definite, in the
    second lot rotations."""
    if dtype.kind in "iub":
        return np.zeros(shape, dtype)
    y = 0.25 + 0.5 * np.random.default_rng(lot).random(shape)
    if len(shape) > 1 and shape[-1] == shape[-2]:
        n = max(shape[-1], 1)
        other = np.swapaxes(y, -1, -2)
        y = (
            (y - other) / n + np.eye(n)[:, ::-1] * np.where(np.arange(n) < n / 2, 1, -1)
            if lot
            else ((y + other) / (8 * n) + np.diag(np.arange(1, n + 1) / n + 1))
        )
    return y.astype(dtype)
