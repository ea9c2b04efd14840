"""The operators and methods of Variables that are operations: each calls the declared one of its name."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from types import EllipsisType
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, SupportsIndex, TypeVar

import numpy as np

from dezero.backends import get_array_module, is_plain_array
from dezero.core.dtypes import Array, Axes, DType, Plain
from dezero.core.errors import describe, foreign
from dezero.core.registry import operations
from dezero.core.watch.watching import WATCHES, note_compared

_TAKEN: set[type] = {bool, int, float, complex, np.ndarray}  # no class of these asks for its own reflected operator
VARIABLES: set[type] = set()  # Variable and its subclasses; `type(x) in VARIABLES` takes a third of isinstance's time
_Method = Callable[[Any, object], object]
Result = TypeVar("Result")  # the class of what an operator gives: Variable
_Selection = SupportsIndex | slice | EllipsisType | None | Array | Sequence[SupportsIndex] | Sequence[Sequence[int]]
Index = _Selection | tuple[_Selection, ...]


class Node(Protocol):
    """A Variable, as the modules that variable.py imports know it."""

    _data: Any
    _args: tuple[Any, ...]
    _op: Any
    _age: int
    _is_argument: bool

    @property
    def data(self) -> Array: ...
    @property
    def dtype(self) -> DType: ...
    def item(self) -> Any: ...
    def numpy(self) -> Array: ...


def raw(value: Any) -> Any:
    """The raw array of a Variable; anything else as it is."""
    return value._data if isinstance(value, Operators) else value


def _defers(other: object) -> bool:
    """Whether the class of an operand asks, by `__array_ufunc__ = None`, that its own reflected operator be used."""
    return getattr(type(other), "__array_ufunc__", True) is None


def _operator(name: str, operation: str) -> tuple[_Method, _Method]:
    """The methods `__name__` and `__rname__`: the declared operation, or NotImplemented where the operand defers."""

    def call(a: object, b: object) -> object:
        nonlocal call
        call = getattr(operations, operation)  # declared later; a cell costs half of an attribute of the namespace
        return call(a, b)

    def method(self: object, other: object) -> object:
        return call(self, other) if type(other) in _TAKEN or not _defers(other) else NotImplemented

    def reflected(self: object, other: object) -> object:
        return call(other, self) if type(other) in _TAKEN or not _defers(other) else NotImplemented

    for function, python_name in ((method, f"__{name}__"), (reflected, f"__r{name}__")):
        function.__name__, function.__qualname__ = python_name, f"Operators.{python_name}"
    return method, reflected


def _comparison(name: str) -> _Method:
    """The method `__name__`: the comparison of the values."""
    compare = getattr(operator, name)

    def method(self: Operators[Result], other: object) -> object:
        outcome = compare(self._data, other._data if isinstance(other, Operators) else other)
        if WATCHES:
            return note_compared(compare, (self, other), outcome)
        return outcome

    method.__name__, method.__qualname__ = f"__{name}__", f"Operators.__{name}__"
    return method


class Operators(Generic[Result]):
    """The operators and methods by which Variables read like NumPy arrays. Result: the class of what they give."""

    __slots__ = ()
    __array_priority__ = 200
    _data: Any

    def __init_subclass__(cls, **keywords: object) -> None:
        super().__init_subclass__(**keywords)
        _TAKEN.add(cls)
        VARIABLES.add(cls)

    if TYPE_CHECKING:  # the signatures of the methods that are made below

        def __add__(self, other: Result | Plain) -> Result: ...
        def __radd__(self, other: Result | Plain) -> Result: ...
        def __sub__(self, other: Result | Plain) -> Result: ...
        def __rsub__(self, other: Result | Plain) -> Result: ...
        def __mul__(self, other: Result | Plain) -> Result: ...
        def __rmul__(self, other: Result | Plain) -> Result: ...
        def __truediv__(self, other: Result | Plain) -> Result: ...
        def __rtruediv__(self, other: Result | Plain) -> Result: ...
        def __pow__(self, other: Result | Plain) -> Result: ...
        def __rpow__(self, other: Result | Plain) -> Result: ...
        def __matmul__(self, other: Result | Plain) -> Result: ...
        def __rmatmul__(self, other: Result | Plain) -> Result: ...
        def __floordiv__(self, other: Result | Plain) -> Result: ...
        def __rfloordiv__(self, other: Result | Plain) -> Result: ...
        def __mod__(self, other: Result | Plain) -> Result: ...
        def __rmod__(self, other: Result | Plain) -> Result: ...
        def __divmod__(self, other: Result | Plain) -> tuple[Result, Result]: ...
        def __rdivmod__(self, other: Result | Plain) -> tuple[Result, Result]: ...
        def __eq__(self, other: object) -> Array: ...  # type: ignore[override]
        def __ne__(self, other: object) -> Array: ...  # type: ignore[override]
        def __lt__(self, other: Result | Plain) -> Array: ...
        def __le__(self, other: Result | Plain) -> Array: ...
        def __gt__(self, other: Result | Plain) -> Array: ...
        def __ge__(self, other: Result | Plain) -> Array: ...

    else:
        __add__, __radd__ = _operator("add", "add")
        __sub__, __rsub__ = _operator("sub", "sub")
        __mul__, __rmul__ = _operator("mul", "mul")
        __truediv__, __rtruediv__ = _operator("truediv", "div")
        __pow__, __rpow__ = _operator("pow", "pow")
        __matmul__, __rmatmul__ = _operator("matmul", "matmul")
        __floordiv__, __rfloordiv__ = _operator("floordiv", "floor_divide")
        __mod__, __rmod__ = _operator("mod", "remainder")
        __divmod__, __rdivmod__ = _operator("divmod", "divmod")
        __eq__, __ne__ = _comparison("eq"), _comparison("ne")
        __lt__, __le__ = _comparison("lt"), _comparison("le")
        __gt__, __ge__ = _comparison("gt"), _comparison("ge")

    # A comparison gives a plain boolean array, since it has no derivative. Variables are hashed by identity.
    __hash__ = object.__hash__

    def __neg__(self) -> Result:
        return operations.neg(self)

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Result:
        return operations.abs(self)

    def __round__(self, ndigits: int | None = None) -> Result:
        return operations.round(self, 0 if ndigits is None else ndigits)

    def __getitem__(self, index: Index) -> Result:
        return operations.get_item(self, index)

    def __setitem__(self, index: object, value: object) -> None:
        raise TypeError(
            "a Variable's elements cannot be assigned, since the graph records values; build the result with "
            "dezero.functions.where or concatenate, or change v.data before using v"
        )

    def reshape(self, *shape: SupportsIndex | Sequence[SupportsIndex]) -> Result:
        return operations.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: int | Sequence[int] | None) -> Result:
        if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], tuple | list)):
            return operations.transpose(self, axes[0])
        return operations.transpose(self, axes or None)

    def sum(self, axis: Axes = None, keepdims: bool = False) -> Result:
        return operations.sum(self, axis, keepdims)

    def mean(self, axis: Axes = None, keepdims: bool = False) -> Result:
        return operations.mean(self, axis, keepdims)

    def max(self, axis: Axes = None, keepdims: bool = False) -> Result:
        return operations.max(self, axis, keepdims)

    def min(self, axis: Axes = None, keepdims: bool = False) -> Result:
        return operations.min(self, axis, keepdims)

    def prod(self, axis: Axes = None, keepdims: bool = False) -> Result:
        return operations.prod(self, axis, keepdims)

    def std(self, axis: Axes = None, *, ddof: float = 0, keepdims: bool = False) -> Result:
        return operations.std(self, axis, ddof=ddof, keepdims=keepdims)

    def var(self, axis: Axes = None, *, ddof: float = 0, keepdims: bool = False) -> Result:
        return operations.var(self, axis, ddof=ddof, keepdims=keepdims)

    def argmax(self, axis: int | None = None, *, keepdims: bool = False) -> Result:
        return operations.argmax(self, axis, keepdims=keepdims)

    def argmin(self, axis: int | None = None, *, keepdims: bool = False) -> Result:
        return operations.argmin(self, axis, keepdims=keepdims)

    def cumsum(self, axis: int | None = None) -> Result:
        return operations.cumsum(self, axis)

    def clip(self, min: Result | Plain | None = None, max: Result | Plain | None = None) -> Result:
        return operations.clip(self, min, max)

    def astype(self, dtype: DType | type | str) -> Result:
        return operations.astype(self, dtype)

    def dot(self, other: Result | Plain) -> Result:
        return operations.dot(self, other)

    def flatten(self) -> Result:
        return operations.reshape(self, (-1,))

    def ravel(self, order: str = "C") -> Result:
        return operations.ravel(self, order)

    def squeeze(self, axis: Axes = None) -> Result:
        return operations.squeeze(self, axis)

    def swapaxes(self, axis1: int, axis2: int) -> Result:
        return operations.swapaxes(self, axis1, axis2)

    def conj(self) -> Result:
        return operations.conj(self)

    @property
    def real(self) -> Result:
        return operations.real(self)

    @property
    def imag(self) -> Result:
        return operations.imag(self)

    def tolist(self: Node) -> Any:
        """The values as nested lists of Python numbers, outside the graph; a number where there are no axes."""
        return self.numpy().tolist()

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: object, **kwargs: object) -> Any:
        return operations.numpy_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(
        self, function: Callable[..., object], types: Iterable[type], args: Sequence[object], kwargs: dict[str, object]
    ) -> Any:
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


def longest_path(node: Node) -> int:
    """The number of operations on the longest path from a node to a leaf."""
    depth: dict[int, int] = {}
    stack: list[Any] = [node]
    while stack:
        top = stack[-1]
        below = [a for a in top._args if isinstance(a, Operators)]
        missing = [a for a in below if id(a) not in depth]
        if missing:
            stack += missing
            continue
        stack.pop()
        step = 0 if isinstance(top._data, tuple) else 1  # a call with several outputs is one generation
        depth[id(top)] = max([depth[id(a)] for a in below]) + step if below else 0
    return depth[id(node)]
