"""Abstract arrays: a shape and a dtype, no numbers. A function is traced with these.

NumPy's functions on abstract arrays compute shapes and dtypes through NumPy's two protocols, and an array of a million
elements costs no more than one of ten. Each result remembers by which term it follows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any, NoReturn

import numpy as np

from dezero.backends.arrays import PLAIN
from dezero.compiler.tracing.terms import (
    BROADCAST,
    CONVERT,
    FILL,
    PART,
    RESHAPE,
    SELECT,
    TAKE,
    TRANSPOSE,
    Term,
)
from dezero.compiler.tracing.trees import flatten, unflatten
from dezero.core.arraylike import Operators
from dezero.core.dtypes import DType, Shape
from dezero.core.variable import tick
from dezero.core.watch.tracing import NUMBERLESS, ConcretizationError, PerRun, trace_here


def abstract(shape: Shape, dtype: Any, term: Term | None = None) -> Abstract:
    """An abstract array; without a term it is an input.

    >>> abstract((2, 3), np.float64) * 2
    <abstract float64 array of shape (2, 3)>
    """
    return Abstract(tuple(shape), np.dtype(dtype), Term() if term is None else term)


def like(result: Any, term: Term, shape: Shape | None = None) -> Any:
    """Abstract arrays of the types of some result: an array, a number, or a tuple of these. shape: another shape."""
    from dezero.core.outputs import picking

    if isinstance(result, tuple | list):
        parts = [like(part, Term(picking(i), (term,)), shape) for i, part in enumerate(result)]
        return type(result)._make(parts) if hasattr(result, "_make") else type(result)(parts)
    if not hasattr(result, "dtype"):
        result = np.asarray(result)
    return abstract(result.shape if shape is None else shape, result.dtype, term)


def is_abstract(value: object) -> bool:
    return type(value) is Abstract


def holds(value: Any, kinds: tuple[type, ...]) -> bool:
    """Whether a value, or a value in a container or slice, is of one of these classes."""
    if isinstance(value, tuple | list | dict):
        return any([holds(part, kinds) for part in (value.values() if isinstance(value, dict) else value)])
    if isinstance(value, slice):
        return holds((value.start, value.stop, value.step), kinds)
    return isinstance(value, kinds)


def holds_abstract(parameters: Any) -> bool:
    """Whether the parameters of an operation hold what a run computes, as an index or the number of an argument."""
    return holds(parameters, (Abstract, PerRun))


def term_of(value: Any) -> Any:
    """The term of an abstract array; any other value as it is."""
    if not is_abstract(value):
        if type(value) is np.ndarray:
            run = trace_here()
            if run is not None:
                run.takes(value)
        return value
    if value.whole is not None and value.whole.written > value.seen:
        refuse(f"a view {value!r} of an array that was changed in place after the view was taken,")
    return value.term


def refuse(what: str) -> NoReturn:
    raise ConcretizationError(
        f"{what} inside a compiled function at {users_line()}: an array has no numbers while the function is traced. "
        "Choose between values with dezero.functions.where, or name the argument in static=..."
    )


def users_line() -> str:
    """The file, the number and the text of the line of the user's that runs."""
    import linecache
    import sys

    frame = sys._getframe(1)
    while frame.f_back is not None and _of_library(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    name, line = frame.f_code.co_filename, frame.f_lineno
    return f"{name}:{line}: {linecache.getline(name, line).strip()}"


def _of_library(module: str) -> bool:
    return module.partition(".")[0] in ("dezero", "numpy", "scipy", "contextlib", "functools")


def _refusing(name: str) -> Callable[..., Any]:
    def method(self: Abstract, *args: object, **kwargs: object) -> NoReturn:
        refuse(f"{name} of {self!r}")

    return method


PROTOCOL = SimpleNamespace()  # what the modules that work on abstract arrays add: ufunc, function, overwrite, called
_CLIP: np.ufunc = np._core.umath.clip  # type: ignore[attr-defined]


class Abstract(np.lib.mixins.NDArrayOperatorsMixin):
    """An array without numbers.

    It is no array of NumPy's, so nothing can read memory in place of numbers; isinstance takes it for one all the same.
    term: how it is computed. origin: how it was computed when it was made. written: when it was last changed in place,
    by the clock of Variables' ages. whole: the array of which it is a view, made at the time `seen`; else None.
    """

    __slots__ = ("__weakref__", "dtype", "origin", "seen", "shape", "term", "whole", "written")
    base = None

    def __init__(self, shape: Shape, dtype: DType, term: Term) -> None:
        self.shape, self.dtype = shape, dtype
        self.term = self.origin = term
        self.written = self.seen = 0
        self.whole: Abstract | None = None

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return np.ndarray

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self.size * self.itemsize

    @property
    def flags(self) -> Any:
        return np.zeros(()).flags

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: Any = None) -> NoReturn:
        refuse(f"numpy.asarray, or a function of NumPy's that calls it, of {self!r}")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any([isinstance(x, Operators) for x in inputs]):
            return NotImplemented  # the Variable among them records the operation
        return PROTOCOL.ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Iterable[type], args: Any, kwargs: Any) -> Any:
        if any([issubclass(kind, Operators) for kind in types]):
            return NotImplemented
        return PROTOCOL.function(function, args, kwargs)

    # -- what asks for numbers -----------------------------------------------------------------------------------

    __bool__ = _refusing("bool()")
    __float__ = _refusing("float()")
    __int__ = _refusing("int()")
    __complex__ = _refusing("complex()")
    __index__ = _refusing("an index")
    __contains__ = _refusing("in")
    __reduce__ = _refusing("a copy or pickle")
    item = _refusing("item()")
    tolist = _refusing("tolist()")
    tobytes = _refusing("tobytes()")
    nonzero = _refusing("nonzero()")
    compress = _refusing("compress()")
    sort = _refusing("sort() in place")
    partition = _refusing("partition() in place")
    put = _refusing("put()")
    resize = _refusing("resize()")
    fill = _refusing("fill()")
    byteswap = _refusing("byteswap()")
    flat = property(_refusing("flat"))

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return iter([self[i] for i in range(len(self))])

    def __repr__(self) -> str:
        return f"<abstract {self.dtype} array of shape {self.shape}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    # -- views -----------------------------------------------------------------------------------------------------

    def _seen(self, shape: Shape, term: Term) -> Abstract:
        view = abstract(shape, self.dtype, term)
        view.whole, view.seen = self.whole if self.whole is not None else self, tick()
        return view

    def __getitem__(self, index: Any) -> Any:
        leaves, structure = flatten(index)
        probe = np.broadcast_to(np.int8(0), self.shape)
        if any([is_abstract(leaf) for leaf in leaves]):
            if any([is_abstract(leaf) and leaf.dtype.kind == "b" for leaf in leaves]):
                refuse(f"a selection from {self!r} by an array of booleans, whose result has an unknown shape,")
            known = [np.zeros(x.shape, x.dtype) if is_abstract(x) else x for x in leaves]
            shape = probe[unflatten(structure, known)].shape
            op = TAKE.bind(structure=structure)
            return abstract(shape, self.dtype, Term(op, (term_of(self), *map(term_of, leaves))))
        shape = np.shape(probe[index])
        return self._seen(shape, Term(SELECT.bind(index=index), (term_of(self),)))

    def __setitem__(self, index: Any, value: Any) -> None:
        leaves, structure = flatten(index)
        fill = Term(FILL.bind(structure=structure), (term_of(self), *map(term_of, leaves), term_of(value)))
        PROTOCOL.overwrite(self, fill, "an assignment to elements")

    def reshape(self, *shape: Any, order: Any = "C", copy: Any = None) -> Any:
        target = shape[0] if len(shape) == 1 and not isinstance(shape[0], int | np.integer) else shape
        if order != "C":
            return _called(np.reshape, self, target, order=order)
        found = np.broadcast_to(np.int8(0), self.shape).reshape(target).shape
        return self._seen(found, Term(RESHAPE.bind(shape=found), (term_of(self),)))

    def ravel(self, order: Any = "C") -> Any:
        return self.reshape(-1, order=order)

    def flatten(self, order: Any = "C") -> Any:
        return self.reshape(-1, order=order)

    def transpose(self, *axes: Any) -> Any:
        given = axes[0] if len(axes) == 1 and not isinstance(axes[0], int | np.integer) else axes
        order = tuple(range(self.ndim))[::-1] if given is None or not given else tuple([a % self.ndim for a in given])
        probe = np.broadcast_to(np.int8(0), self.shape).transpose(order)
        return self._seen(probe.shape, Term(TRANSPOSE.bind(axes=order), (term_of(self),)))

    @property
    def T(self) -> Any:
        return self.transpose()

    @property
    def mT(self) -> Any:
        return self.swapaxes(-1, -2)

    def swapaxes(self, axis1: Any, axis2: Any) -> Any:
        order = list(range(self.ndim))
        order[axis1], order[axis2] = order[axis2], order[axis1]
        return self.transpose(order)

    def squeeze(self, axis: Any = None) -> Any:
        return self.reshape(np.broadcast_to(np.int8(0), self.shape).squeeze(axis).shape)

    def broadcast(self, shape: Any) -> Any:
        found = np.broadcast_to(np.broadcast_to(np.int8(0), self.shape), shape).shape
        return self._seen(found, Term(BROADCAST.bind(shape=found), (term_of(self),)))

    def view(self, dtype: Any = None) -> Any:
        if dtype is None or dtype is np.ndarray or np.dtype(dtype) == self.dtype:
            return self._seen(self.shape, self.term)
        refuse(f"view() of {self!r} in another dtype")

    # -- copies ------------------------------------------------------------------------------------------------------

    def astype(self, dtype: Any, *args: Any, copy: bool = True, **kwargs: Any) -> Any:
        dtype = np.dtype(dtype)
        if dtype == self.dtype:
            return self if not copy else abstract(self.shape, dtype, self.term)
        return abstract(self.shape, dtype, Term(CONVERT.bind(dtype=dtype), (term_of(self),)))

    def copy(self, order: Any = "C") -> Any:
        return abstract(self.shape, self.dtype, self.term)

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    def conj(self) -> Any:
        return np.conjugate(self) if self.dtype.kind == "c" else self

    conjugate = conj

    @property
    def real(self) -> Any:
        return self if self.dtype.kind != "c" else self._part("real")

    @property
    def imag(self) -> Any:
        return self._part("imag")

    def _part(self, name: str) -> Any:
        dtype = np.zeros(0, self.dtype).real.dtype
        return abstract(self.shape, dtype, Term(PART[name], (term_of(self),)))

    # -- sums and the like -------------------------------------------------------------------------------------------

    def sum(self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **more: Any) -> Any:
        return np.add.reduce(self, axis=axis, dtype=dtype, out=out, keepdims=keepdims, **more)

    def prod(self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **more: Any) -> Any:
        return np.multiply.reduce(self, axis=axis, dtype=dtype, out=out, keepdims=keepdims, **more)

    def max(self, axis: Any = None, out: Any = None, keepdims: Any = False, **more: Any) -> Any:
        return np.maximum.reduce(self, axis=axis, out=out, keepdims=keepdims, **more)

    def min(self, axis: Any = None, out: Any = None, keepdims: Any = False, **more: Any) -> Any:
        return np.minimum.reduce(self, axis=axis, out=out, keepdims=keepdims, **more)

    def any(self, axis: Any = None, out: Any = None, keepdims: Any = False, **more: Any) -> Any:
        return np.logical_or.reduce(self, axis=axis, out=out, keepdims=keepdims, **more)

    def all(self, axis: Any = None, out: Any = None, keepdims: Any = False, **more: Any) -> Any:
        return np.logical_and.reduce(self, axis=axis, out=out, keepdims=keepdims, **more)

    def cumsum(self, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        return np.add.accumulate(self.ravel() if axis is None else self, axis=axis or 0, dtype=dtype, out=out)

    def cumprod(self, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        return np.multiply.accumulate(self.ravel() if axis is None else self, axis=axis or 0, dtype=dtype, out=out)

    def mean(self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **more: Any) -> Any:
        if out is not None or dtype is not None or more or self.dtype.char not in "fdFD":
            return _called(np.mean, self, axis=axis, dtype=dtype, keepdims=keepdims, **more)
        total = self.sum(axis, keepdims=keepdims)
        return np.true_divide(total, self.size // max(total.size, 1) if self.size else 0)

    def dot(self, other: Any, out: Any = None) -> Any:
        return np.dot(self, other)

    def clip(self, min: Any = None, max: Any = None, out: Any = None) -> Any:
        into = {} if out is None else {"out": (out,)}
        if min is None:
            return PROTOCOL.ufunc(np.minimum, "__call__", (self, max), into)
        if max is None:
            return PROTOCOL.ufunc(np.maximum, "__call__", (self, min), into)
        return PROTOCOL.ufunc(_CLIP, "__call__", (self, min, max), into)

    def round(self, decimals: Any = 0, out: Any = None) -> Any:
        return np.rint(self) if decimals == 0 and self.dtype.kind == "f" else _called(np.round, self, decimals)


def _called(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return PROTOCOL.called(function, args, kwargs)


def _through(name: str) -> Callable[..., Any]:
    """The method that is the function of this name in NumPy."""

    def method(self: Abstract, *args: Any, **kwargs: Any) -> Any:
        return _called(getattr(np, name), self, *args, **kwargs)

    return method


for _name in (
    "argmax",
    "argmin",
    "argsort",
    "choose",
    "diagonal",
    "ptp",
    "repeat",
    "searchsorted",
    "std",
    "take",
    "trace",
    "var",
):
    setattr(Abstract, _name, _through(_name))

PLAIN.add(Abstract)
NUMBERLESS.add(Abstract)
