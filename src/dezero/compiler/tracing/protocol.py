"""NumPy's universal functions on abstract arrays: the shapes and dtypes of their results, and what `out` is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.compiler.tracing.abstract import PROTOCOL, Abstract, abstract, is_abstract, refuse, term_of
from dezero.compiler.tracing.standins import called
from dezero.compiler.tracing.terms import AT, CONVERT, Term, reduction, ufunc_operation
from dezero.compiler.tracing.trees import flatten
from dezero.core.dtypes import Shape
from dezero.core.outputs import picking
from dezero.core.variable import tick
from dezero.core.watch.tracing import PerRun, trace_here

_PYTHON = (bool, int, float, complex)


def ufunc(ufunc: np.ufunc, method: str, inputs: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """The protocol of universal functions."""
    out = kwargs.pop("out", None) or ()
    inputs = [np.array(x) if isinstance(x, list | tuple) else x for x in inputs]
    if method == "at":
        return _at(ufunc, *inputs)
    if method == "__call__":
        found = _elementwise(ufunc, inputs, kwargs) if ufunc.signature is None else _core(ufunc, inputs, kwargs)
    elif method == "reduce":
        found = _reduced(ufunc, inputs[0], kwargs)
    elif method == "accumulate":
        found = _accumulated(ufunc, inputs[0], kwargs)
    elif method == "outer":
        a, b = [x if is_abstract(x) else np.asarray(x) for x in inputs]
        found = ufunc(a.reshape(*a.shape, *[1] * b.ndim), b)
    else:
        found = called(getattr(ufunc, method), inputs, kwargs)
    return found if all([x is None for x in out]) else _into(out, found)


def _accumulated(ufunc: np.ufunc, x: Any, kwargs: dict[str, Any]) -> Any:
    parameters = {k: v for k, v in kwargs.items() if v is not None}
    dtype = ufunc.accumulate(np.ones(1, x.dtype), dtype=parameters.get("dtype")).dtype
    return abstract(x.shape, dtype, Term(reduction(ufunc, "accumulate").bind(**parameters), (term_of(x),)))


_DEFAULTS: dict[str, Any] = {"where": True, "casting": "same_kind", "subok": True, "order": "K", "dtype": None}


def _elementwise(ufunc: np.ufunc, inputs: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    dtype = kwargs.get("dtype")
    if any([kwargs[k] is not v and k not in ("casting", "dtype") for k, v in _DEFAULTS.items() if k in kwargs]) or (
        kwargs.keys() - _DEFAULTS.keys()
    ):
        return called(ufunc, inputs, kwargs)
    shape = np.broadcast_shapes(*[() if isinstance(x, PerRun) else np.shape(x) for x in inputs])
    kinds = (*map(_kind, inputs), *[None] * ufunc.nout)
    op = ufunc_operation(ufunc)
    if dtype is None:
        loop = ufunc.resolve_dtypes(kinds)
    else:
        op, signature = op.bind(dtype=np.dtype(dtype)), (*[None] * ufunc.nin, *[np.dtype(dtype)] * ufunc.nout)
        loop = ufunc.resolve_dtypes(kinds, signature=signature, casting=kwargs.get("casting", "same_kind"))
    trace = trace_here()
    inputs = [trace.number(x, loop[i]) if isinstance(x, PerRun) and trace else x for i, x in enumerate(inputs)]
    return _results(op, inputs, shape, loop[ufunc.nin :])


def _results(op: Any, inputs: Sequence[Any], shape: Shape, dtypes: Sequence[Any]) -> Any:
    term = Term(op, tuple([term_of(x) for x in inputs]))
    if len(dtypes) == 1:
        return abstract(shape, dtypes[0], term)
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
    if kwargs.get("initial", np._NoValue) is not np._NoValue:
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
    op = AT.bind(ufunc=ufunc, structure=structure, count=len(leaves))
    overwrite(target, Term(op, tuple(map(term_of, (target, *leaves, *values)))), f"numpy.{ufunc.__name__}.at")


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


PROTOCOL.ufunc = ufunc
PROTOCOL.overwrite = overwrite
