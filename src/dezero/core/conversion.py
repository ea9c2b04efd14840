"""Conversion of a Variable to a plain array or number, with a warning where a derivative would be lost; and plain
arguments of operations."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from dezero.backends import is_plain_array
from dezero.core.arraylike import Node, Operators, raw
from dezero.core.asking import lost_array, lost_number, rests_on_argument, sparse_asks, takes_part
from dezero.core.config import RUNNING, calling_since, recording
from dezero.core.dtypes import Array, DType, Plain
from dezero.core.errors import GraphWarning, foreign
from dezero.core.marks import Computed
from dezero.core.watch.tracing import NUMBERLESS, is_per_run, per_run
from dezero.core.watch.watching import gives_plain_numbers, mapping

Number = TypeVar("Number", float, int, complex)


def number(v: Node, kind: type[Number]) -> Number:
    """float(v), int(v), complex(v); warns where v depends on an argument of a running transform."""
    if RUNNING and recording() and _inside(v):
        lost_number(kind.__name__, v)
    return kind(v.item())


def _inside(v: Node) -> bool:
    """Whether v is an argument of a transform that is running, or was computed inside of it."""
    since = calling_since()
    if since is None:  # a thread without a transform: it may work for a transform that runs in another thread
        return rests_on_argument(v)
    return v._age >= since and bool(v._args or v._is_argument)


def warn_of_numbers(name: str, v: Node) -> None:
    """Warn where a function of this name, whose result holds plain numbers, is called on what depends on an argument of
    a running transform."""
    if mapping():
        gives_plain_numbers(name)
    elif RUNNING and recording() and _inside(v):
        warnings.warn(
            f"{name}: x is being differentiated in, and the result holds plain numbers, which the derivative does not "
            "see. Use dezero.jacobian or dezero.hessian; x.detach() takes a constant without this warning",
            GraphWarning,
            stacklevel=4,
        )


def array(v: Node, dtype: DType | None, copy: bool | None) -> Array:
    """The value as a NumPy array, if no derivative is lost: v was computed from constants alone, or no_grad holds.

    Constants are plain arrays, results that a transform returned, and v.detach(). GraphError where v takes part in
    recording: v is a leaf that the user made, a Parameter or an argument of a running transform, or was computed from
    one of these.
    """
    if recording() and not isinstance(v._op, Computed) and v.dtype.kind != "b":
        if sparse_asks():
            return np.empty((), object)
        if takes_part(v):
            raise lost_array(v)
    return np.array(v.data, dtype=dtype, copy=copy)


def array_or_number(value: Any, name: str, beside: Sequence[Any] = ()) -> Plain:
    """An array or number among the arguments of an operation; a 0-d array becomes a Python number, which never changes
    the dtype of another argument. TypeError, naming the operation, for anything else.

    beside: all arguments; in a trace, where a number has no value, it gets the dtype that it takes beside these.
    """
    if type(value) is np.ndarray or isinstance(value, np.generic):
        if value.dtype.kind in "fiubc":
            return value if value.ndim else value.item()
    elif isinstance(value, int | float | complex) or is_plain_array(value) or _computes(value):
        return _weak(value, beside) if type(value) in NUMBERLESS and not value.ndim else value  # type: ignore[no-any-return]
    elif is_per_run(value):
        return per_run(value, _dtype_beside(0.0, beside) or np.dtype(float))  # type: ignore[no-any-return]
    raise foreign(name, value)


_PYTHON: dict[str, complex] = {"b": False, "i": 0, "u": 0, "f": 0.0, "c": 0j}


def _weak(value: Any, beside: Sequence[Any]) -> Any:
    """A number without a value in the dtype that a Python number of its kind takes beside other arguments."""
    dtype = _dtype_beside(_PYTHON[value.dtype.kind], beside)
    return value if dtype in (None, value.dtype) else value.astype(dtype)


def _dtype_beside(number: complex, others: Sequence[Any]) -> DType | None:
    """The dtype of a Python number beside the arrays and Variables among others; None where there are none."""
    known = [raw(x).dtype for x in others if isinstance(x, Operators) or (hasattr(x, "ndim") and x.ndim)]
    return np.result_type(*known, number) if known else None


def _computes(value: object) -> bool:
    """Whether a value is an array of another library that implements NumPy's functions itself.

    A class with `__array__` (a pandas Series, an xarray DataArray) is none: it holds labels besides its numbers.
    """
    implements = getattr(type(value), "__array_ufunc__", None) is not None and hasattr(value, "dtype")
    return implements and hasattr(value, "shape") and not hasattr(value, "__array__")


def dlpack(v: Node, **options: Any) -> object:
    """The value for another library, by DLPack: `torch.from_dlpack(v)` shares v's memory; a scalar's is a copy.

    A Variable with a graph hands out its data alone: the other library's derivatives end there. GraphWarning where v is
    being differentiated in by a running transform, which does not see what the other library computes. `options` are
    those of the array's own `__dlpack__`.
    """
    warn_of_numbers("__dlpack__", v)
    data: Any = v.data
    return (data if hasattr(data, "__dlpack__") else np.asarray(data)).__dlpack__(**options)


def dlpack_device(v: Node) -> tuple[int, int]:
    """The device of the value as DLPack numbers it: (1, 0) is the CPU, where a scalar lies too."""
    data: Any = v.data
    device: tuple[int, int] = data.__dlpack_device__() if hasattr(data, "__dlpack__") else (1, 0)
    return device
