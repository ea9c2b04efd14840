"""The operators and methods of Variables that are operations: each calls the declared one of its name."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.backends import get_array_module, is_plain_array
from dezero.core.errors import describe, foreign
from dezero.core.registry import operations
from dezero.core.watching import WATCHES, note_compared

_TAKEN: set[type] = {bool, int, float, complex, np.ndarray}  # operands that are never asked to answer themselves
VARIABLES: set[type] = set()  # Variable and its subclasses: asking takes a third of isinstance's time
_Method = Callable[[Any, Any], Any]


def raw(value: Any) -> Any:
    """The raw array of a Variable; anything else as it is."""
    return value._data if isinstance(value, Operators) else value


def _defers(other: Any) -> bool:
    """Whether a class asks, as of NumPy's arrays, that its own reflected operator answer."""
    return getattr(type(other), "__array_ufunc__", True) is None


def _operator(name: str, operation: str) -> tuple[_Method, _Method]:
    """The methods `__name__` and `__rname__`: the declared operation, or NotImplemented beside a class that asks."""

    def call(a: Any, b: Any) -> Any:
        nonlocal call
        call = getattr(operations, operation)  # declared later; a cell costs half of asking the namespace each time
        return call(a, b)

    def method(self: Any, other: Any) -> Any:
        return call(self, other) if type(other) in _TAKEN or not _defers(other) else NotImplemented

    def reflected(self: Any, other: Any) -> Any:
        return call(other, self) if type(other) in _TAKEN or not _defers(other) else NotImplemented

    for function, python_name in ((method, f"__{name}__"), (reflected, f"__r{name}__")):
        function.__name__, function.__qualname__ = python_name, f"Operators.{python_name}"
    return method, reflected


def _comparison(name: str) -> _Method:
    """The method `__name__`: the comparison of the values."""
    compare = getattr(operator, name)

    def method(self: Any, other: Any) -> Any:
        outcome = compare(self._data, other._data if isinstance(other, Operators) else other)
        if WATCHES:
            note_compared((self, other), outcome)
        return outcome

    method.__name__, method.__qualname__ = f"__{name}__", f"Operators.__{name}__"
    return method


class Operators:
    """What makes Variables read like NumPy arrays."""

    __slots__ = ()
    __array_priority__ = 200
    _data: Any

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        _TAKEN.add(cls)
        VARIABLES.add(cls)

    __add__, __radd__ = _operator("add", "add")
    __sub__, __rsub__ = _operator("sub", "sub")
    __mul__, __rmul__ = _operator("mul", "mul")
    __truediv__, __rtruediv__ = _operator("truediv", "div")
    __pow__, __rpow__ = _operator("pow", "pow")
    __matmul__, __rmatmul__ = _operator("matmul", "matmul")
    __floordiv__, __rfloordiv__ = _operator("floordiv", "floor_divide")
    __mod__, __rmod__ = _operator("mod", "remainder")
    __divmod__, __rdivmod__ = _operator("divmod", "divmod")

    def __neg__(self) -> Any:
        return operations.neg(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return operations.abs(self)

    def __round__(self, ndigits: int | None = None) -> Any:
        return operations.round(self, 0 if ndigits is None else ndigits)

    def __getitem__(self, index: Any) -> Any:
        return operations.get_item(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "a Variable's elements cannot be assigned, since the graph records values; build the result with "
            "dezero.functions.where or concatenate, or change v.data before using v"
        )

    # Comparisons give plain boolean arrays: they have no derivative. __hash__ stays by identity.
    __hash__ = object.__hash__

    __eq__, __ne__ = _comparison("eq"), _comparison("ne")
    __lt__, __le__ = _comparison("lt"), _comparison("le")
    __gt__, __ge__ = _comparison("gt"), _comparison("ge")

    def reshape(self, *shape: Any) -> Any:
        return operations.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], tuple | list)):
            return operations.transpose(self, axes[0])
        return operations.transpose(self, axes or None)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        return operations.sum(self, axis, keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        return operations.mean(self, axis, keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        return operations.max(self, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        return operations.min(self, axis, keepdims)

    def prod(self, axis: Any = None, keepdims: bool = False) -> Any:
        return operations.prod(self, axis, keepdims)

    def std(self, axis: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
        return operations.std(self, axis, ddof=ddof, keepdims=keepdims)

    def var(self, axis: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
        return operations.var(self, axis, ddof=ddof, keepdims=keepdims)

    def argmax(self, axis: int | None = None, *, keepdims: bool = False) -> Any:
        return operations.argmax(self, axis, keepdims=keepdims)

    def argmin(self, axis: int | None = None, *, keepdims: bool = False) -> Any:
        return operations.argmin(self, axis, keepdims=keepdims)

    def cumsum(self, axis: int | None = None) -> Any:
        return operations.cumsum(self, axis)

    def clip(self, min: Any = None, max: Any = None) -> Any:
        return operations.clip(self, min, max)

    def astype(self, dtype: Any) -> Any:
        return operations.astype(self, dtype)

    def dot(self, other: Any) -> Any:
        return operations.dot(self, other)

    def flatten(self) -> Any:
        return operations.reshape(self, (-1,))

    def ravel(self, order: str = "C") -> Any:
        return operations.ravel(self, order)

    def squeeze(self, axis: Any = None) -> Any:
        return operations.squeeze(self, axis)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        return operations.swapaxes(self, axis1, axis2)

    def conj(self) -> Any:
        return operations.conj(self)

    @property
    def real(self) -> Any:
        return operations.real(self)

    @property
    def imag(self) -> Any:
        return operations.imag(self)

    def tolist(self: Any) -> Any:
        """The values as nested lists of Python numbers, outside the graph; a number where there are no axes."""
        return self.numpy().tolist()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return operations.numpy_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return operations.numpy_function(function, args, kwargs)


def check_data(data: Any, where: str) -> None:
    """TypeError for what cannot be the data of a Variable: anything but an array of numbers."""
    if isinstance(data, Operators):
        raise TypeError(f"{where}: this is a Variable ({describe(data)}); give its array, v.data (x.grad.data too)")
    if not is_plain_array(data):
        if hasattr(data, "dtype") and not isinstance(data, np.generic):
            raise foreign(where, data)
        remedy = "an array"
        if isinstance(data, list | tuple | int | float | complex | np.generic):
            remedy = "numpy.array(...)" + (" or use as_variable" if np.isscalar(data) else "")
        raise TypeError(f"{where}: {type(data).__name__} is not supported; pass {remedy}")
    if get_array_module(data) is np and data.dtype.kind not in "fiubc":
        raise foreign(where, data)
