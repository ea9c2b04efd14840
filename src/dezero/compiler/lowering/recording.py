"""Arrays without numbers that record what NumPy would compute of them, as nodes of a graph.

The value of an operation is run once on these. What they cannot record, such as a question about a number or a routine
of LAPACK, raises; the operation then stays one call.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from dezero.compiler.graph import BROADCAST, CAST, EMBED, RESHAPE, SLICE, TRANSPOSE
from dezero.core.dtypes import DType, Shape

FUNCTIONS: dict[str, Callable[..., Any]] = {}  # numpy's functions on these arrays, by name (functions.py)


class NotRecorded(Exception):
    """What was asked of a recording array has no form as a graph."""


def _refuse(self: Recorded, *args: Any, **keywords: Any) -> Any:
    raise NotRecorded("a question about numbers")


def _operator(function: Callable[..., Any], ufunc: np.ufunc) -> tuple[Callable[..., Any], ...]:
    """The methods `__op__`, `__rop__` and `__iop__`."""

    def forward(self: Recorded, other: Any) -> Any:
        return self.recorder.ufunc(ufunc, (self, other), function)

    def backward(self: Recorded, other: Any) -> Any:
        return self.recorder.ufunc(ufunc, (other, self), function)

    def in_place(self: Recorded, other: Any) -> Any:
        if isinstance(self, RecordedScalar):
            return forward(self, other)
        return self.become(self.recorder.ufunc(ufunc, (self, other), like=self))

    return forward, backward, in_place


class Recorded:
    """An array that records what is computed of it.

    recorder: adds the nodes (a Recorder). place: of its node, which changes where the array is written to. fresh: no
    argument, so it may be written to. blank: full of zeros so far. source: the array of which it is a view, and the
    index of that.
    """

    __slots__ = ("blank", "changes", "dtype", "fresh", "place", "recorder", "seen", "shape", "source")

    def __init__(self, recorder: Any, place: int, shape: Shape, dtype: DType, fresh: bool = True) -> None:
        self.recorder, self.place, self.shape, self.dtype, self.fresh = recorder, place, shape, dtype, fresh
        self.blank, self.changes = False, 0
        self.source: tuple[Recorded, Any] | None = None
        self.seen = 0

    __class__ = property(lambda self: np.ndarray)
    __bool__ = __int__ = __float__ = __complex__ = __index__ = __array__ = item = tolist = _refuse
    argmin = argmax = argsort = sort = nonzero = __contains__ = cumsum = cumprod = _refuse
    __hash__ = object.__hash__

    __add__, __radd__, __iadd__ = _operator(operator.add, np.add)
    __sub__, __rsub__, __isub__ = _operator(operator.sub, np.subtract)
    __mul__, __rmul__, __imul__ = _operator(operator.mul, np.multiply)
    __truediv__, __rtruediv__, __itruediv__ = _operator(operator.truediv, np.true_divide)
    __floordiv__, __rfloordiv__, _ = _operator(operator.floordiv, np.floor_divide)
    __mod__, __rmod__, _ = _operator(operator.mod, np.remainder)
    __and__, __rand__, __iand__ = _operator(operator.and_, np.bitwise_and)
    __or__, __ror__, __ior__ = _operator(operator.or_, np.bitwise_or)
    __xor__, __rxor__, _ = _operator(operator.xor, np.bitwise_xor)
    __lt__, __le__ = _operator(operator.lt, np.less)[0], _operator(operator.le, np.less_equal)[0]
    __gt__, __ge__ = _operator(operator.gt, np.greater)[0], _operator(operator.ge, np.greater_equal)[0]
    __eq__, __ne__ = _operator(operator.eq, np.equal)[0], _operator(operator.ne, np.not_equal)[0]
    __matmul__ = _operator(operator.matmul, np.matmul)[0]
    del _

    def __pow__(self, other: Any) -> Any:
        if isinstance(self, RecordedScalar):
            return self.recorder.ufunc(np.power, (self, other), operator.pow)
        if isinstance(other, int | float | complex):  # NumPy computes some powers by other functions
            function, args = _power_of_array(self.dtype, other)
            return self.recorder.ufunc(function, [self if a is None else a for a in args])
        return self.recorder.ufunc(np.power, (self, other))

    def __rpow__(self, other: Any) -> Any:
        return self.recorder.ufunc(np.power, (other, self), operator.pow)

    def __neg__(self) -> Any:
        return self.recorder.ufunc(np.negative, (self,), operator.neg)

    def __pos__(self) -> Any:
        return self.recorder.ufunc(np.positive, (self,), operator.pos)

    def __abs__(self) -> Any:
        return self.recorder.ufunc(np.absolute, (self,), operator.abs)

    def __invert__(self) -> Any:
        return self.recorder.ufunc(np.invert, (self,), operator.invert)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=int))

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of an array without axes")
        return self.shape[0]

    def __iter__(self) -> Iterator[Recorded]:
        return iter([self[i] for i in range(len(self))])

    # -- what is computed of it --

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, out: Any = None, **keywords: Any) -> Any:
        if method == "reduce":
            return self._reduced(ufunc, *args, **keywords) if out is None else _refuse(self)
        dtype = keywords.pop("dtype", None)
        keywords.pop("casting", None)
        if method != "__call__" or keywords:
            raise NotRecorded(f"numpy.{ufunc.__name__}.{method} with {', '.join(keywords)}")
        args = args if dtype is None else tuple(self._cast_for(ufunc, args, dtype))
        (target,) = out or (None,)
        found = self.recorder.ufunc(ufunc, args, like=target)
        if target is None:
            return found
        if not isinstance(target, Recorded) or isinstance(target, RecordedScalar):
            raise NotRecorded("out= of another kind")
        return target.become(found)

    def _cast_for(self, ufunc: np.ufunc, args: Sequence[Any], dtype: Any) -> list[Any]:
        """The arguments in the dtypes of the loop that has results of a dtype."""
        args = [self.recorder.given(a) for a in args]
        signature = (*[None] * ufunc.nin, np.dtype(dtype))
        kinds = [a.dtype if isinstance(a, Recorded) else type(a) for a in args]
        loop = ufunc.resolve_dtypes((*kinds, None), signature=signature)
        return [a.astype(d, copy=False) if isinstance(a, Recorded) else a for a, d in zip(args, loop, strict=False)]

    def _reduced(
        self, ufunc: np.ufunc, x: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False,
        initial: Any = None, **keywords: Any,
    ) -> Recorded:  # fmt: skip
        if initial is not None:
            least = ufunc is np.maximum and x.dtype.kind == "f" and initial == -np.inf
            greatest = ufunc is np.minimum and x.dtype.kind == "f" and initial == np.inf
            if not (x.size and (least or greatest)):
                raise NotRecorded("a reduction that starts from a number")
        if keywords or out is not None or (dtype is not None and np.dtype(dtype) != x.dtype):
            raise NotRecorded("a reduction with further arguments")
        if ufunc in (np.logical_and, np.logical_or) and x.dtype == bool and x.size:
            ufunc = np.minimum if ufunc is np.logical_and else np.maximum
        return self.recorder.reduce(ufunc, x, axis, keepdims)

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, keywords: Any) -> Any:
        if function.__name__ not in FUNCTIONS or getattr(np, function.__name__, None) is not function:
            raise NotRecorded(f"numpy.{function.__name__}")
        return FUNCTIONS[function.__name__](*args, **keywords)

    def sum(self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        return self._reduced(np.add, self, axis, dtype, out, keepdims)

    def prod(self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        return self._reduced(np.multiply, self, axis, dtype, out, keepdims)

    def max(self, axis: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
        return self._reduced(np.maximum, self, axis, None, out, keepdims, initial)

    def min(self, axis: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
        return self._reduced(np.minimum, self, axis, None, out, keepdims, initial)

    def all(self, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        return self._reduced(np.logical_and, self, axis, None, out, keepdims)

    def any(self, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        return self._reduced(np.logical_or, self, axis, None, out, keepdims)

    def mean(self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        if self.dtype.char not in "fdFD" or not self.size:
            raise NotRecorded("a mean in another precision")
        total = self.sum(axis, dtype, out, keepdims)
        count = self.size // max(total.size, 1)
        return self.recorder.ufunc(np.true_divide, (total, count), operator.truediv)

    def astype(
        self, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True
    ) -> Any:
        if np.dtype(dtype) == self.dtype and not copy:
            return self
        place = self.recorder.add(CAST, (self.current(),), self.shape, np.dtype(dtype))
        return self.recorder.array(place, isinstance(self, RecordedScalar))

    def copy(self, order: str = "C") -> Any:
        return self.astype(self.dtype)

    def conj(self) -> Any:
        return self.recorder.ufunc(np.conjugate, (self,)) if self.dtype.kind == "c" else self

    conjugate = conj

    @property
    def real(self) -> Any:
        if self.dtype.kind == "c":
            raise NotRecorded("the real part")
        return self

    def clip(self, low: Any = None, high: Any = None) -> Any:
        if low is None or high is None:
            raise NotRecorded("clip with one bound")
        return self.recorder.ufunc(_CLIP, (self, low, high))

    # -- views --

    def view_of(self, primitive: str, shape: Shape, read: Any = None, scalar: bool = False, **parameters: Any) -> Any:
        place = self.recorder.add(primitive, (self.current(),), shape, self.dtype, **parameters)
        scalar = scalar or (isinstance(self, RecordedScalar) and not shape and not parameters.get("array"))
        found = self.recorder.array(place, scalar, self.fresh)
        if not scalar:
            found.source, found.seen = (self, read), self.changes
            found.blank = self.blank
        return found

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        if order != "C":
            raise NotRecorded("a reshape in another order")
        target = shape[0] if len(shape) == 1 else shape
        return self.view_of(RESHAPE, np.broadcast_to(np.int8(0), self.shape).reshape(target).shape)

    def ravel(self, order: str = "C") -> Any:
        return self.reshape(-1, order=order)

    def transpose(self, *axes: Any) -> Any:
        chosen = axes[0] if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], tuple | list)) else axes or None
        order = range(self.ndim)[::-1] if chosen is None else chosen
        order = tuple([np.lib.array_utils.normalize_axis_index(a, self.ndim) for a in order])
        if sorted(order) != list(range(self.ndim)):
            raise ValueError(f"transpose: axes {chosen} of shape {self.shape}")
        return self.view_of(TRANSPOSE, tuple([self.shape[a] for a in order]), axes=order)

    @property
    def T(self) -> Any:
        return self.transpose()

    def swapaxes(self, a: int, b: int) -> Any:
        order = list(range(self.ndim))
        order[a], order[b] = order[b], order[a]
        return self.transpose(order)

    def squeeze(self, axis: Any = None) -> Any:
        shape = np.broadcast_to(np.int8(0), self.shape).squeeze(axis).shape
        return self if shape == self.shape else self.view_of(RESHAPE, shape)

    def broadcast(self, shape: Shape) -> Any:
        """As numpy.broadcast_to: a view that cannot be written to."""
        found = self.view_of(BROADCAST, np.broadcast_shapes(self.shape, shape))
        found.fresh = False
        return found

    def __getitem__(self, index: Any) -> Any:
        parts = basic_index(index, self.ndim)
        shape = np.broadcast_to(np.int8(0), self.shape)[parts].shape
        whole = isinstance(index, tuple) and any([i is Ellipsis for i in index])
        return self.view_of(SLICE, shape, parts, scalar=not shape and not whole, index=parts)

    # -- writing --

    def current(self) -> int:
        """The place of what the array holds now."""
        if self.source is not None and self.source[0].changes != self.seen:
            raise NotRecorded("an array that is read after its memory was written to")
        return self.place

    def become(self, value: Any) -> Recorded:
        """Write a result of the same shape into this array, and into what it is a view of."""
        if not self.fresh or value.shape != self.shape:
            raise NotRecorded("writing into an argument")
        if value.dtype != self.dtype:
            value = value.astype(self.dtype)
        self.place, self.blank = value.place, False
        self.changes += 1
        if self.source is not None:
            base, index = self.source
            if index is None:
                raise NotRecorded("writing through a view")
            base.write(index, self)
            self.seen = base.changes
        return self

    def fill(self, value: Any) -> None:
        if isinstance(value, Recorded) and not value.shape and value.dtype == self.dtype:
            place = self.recorder.add(BROADCAST, (value.current(),), self.shape, self.dtype, filled=True)
            self.become(self.recorder.array(place))
        else:
            self[...] = value

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, Recorded):
            if index.dtype != bool or index.shape != self.shape or isinstance(value, Recorded):
                raise NotRecorded("writing at places that are computed")
            self.become(self.recorder.where(index, value, self))
            return
        parts = basic_index(index, self.ndim)
        base, read = (value.source if isinstance(value, Recorded) else None) or (None, None)
        if base is not self or read != parts or value.seen != self.changes:  # else it was written when it changed
            self.write(parts, value)

    def write(self, parts: tuple[Any, ...], value: Any) -> None:
        """Write to the part of this array that an index reads."""
        shape = np.broadcast_to(np.int8(0), self.shape)[parts].shape
        value = self.recorder.given(value)
        if not isinstance(value, Recorded):
            value = self.recorder.filled(shape, value, self.dtype)
        value = value.astype(self.dtype, copy=False)
        value = value if value.shape == shape else value.broadcast(shape)
        place = self.recorder.add(EMBED, (value.current(),), self.shape, self.dtype, index=parts)
        written = self.recorder.array(place)
        if not self.blank and not self.recorder.is_zero(self.place):
            mask = np.zeros(self.shape, bool)
            mask[parts] = True
            written = self.recorder.where(mask, written, self)
        self.become(written)


class RecordedScalar(Recorded):
    """What NumPy computes as a scalar: a result without axes."""

    __slots__ = ()
    __class__ = property(lambda self: self.dtype.type)


_CLIP: np.ufunc = np._core.umath.clip  # type: ignore[attr-defined]


class _Probe(np.ndarray):
    """Tells which function NumPy takes for a power."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **keywords: Any) -> Any:
        return ufunc, args


@functools.lru_cache(1024)
def _power_of(dtype: DType, exponent: Any, name: str) -> tuple[np.ufunc, list[Any]]:
    base = np.ones(1, dtype).view(_Probe)
    ufunc, args = base**exponent
    return ufunc, [None if a is base else a for a in args]


def _power_of_array(dtype: DType, exponent: Any) -> tuple[np.ufunc, list[Any]]:
    """The ufunc by which NumPy computes an array to the power of a number, and its arguments, None for the array."""
    return _power_of(dtype, exponent, f"{type(exponent)} {exponent!r}")


def basic_index(index: Any, ndim: int) -> tuple[Any, ...]:
    """An index as a tuple of ints, slices and None, one part for each axis."""
    parts = index if isinstance(index, tuple) else (index,)
    for part in parts:
        if not (part is None or part is Ellipsis or isinstance(part, slice)):
            if isinstance(part, bool | np.bool_ | Recorded | np.ndarray | list):
                raise NotRecorded("an index of arrays")
            operator.index(part)
    known = sum([part is not None and part is not Ellipsis for part in parts])
    fill = [slice(None)] * (ndim - known)
    at = next((i for i, part in enumerate(parts) if part is Ellipsis), None)
    parts = (*parts, *fill) if at is None else (*parts[:at], *fill, *parts[at + 1 :])
    if any([part is Ellipsis for part in parts]):
        raise IndexError("an index can only have a single ellipsis")
    return tuple([p if p is None or isinstance(p, slice) else operator.index(p) for p in parts])
