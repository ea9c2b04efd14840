"""The operators and methods of Variables that are operations: each calls the declared one of its name."""

from __future__ import annotations

from typing import Any

from dezero.core.registry import operations


def raw(value: Any) -> Any:
    """The raw array of a Variable; anything else as it is."""
    return value._data if isinstance(value, Operators) else value


class Operators:
    """What makes Variables read like NumPy arrays."""

    __slots__ = ()
    __array_priority__ = 200
    _data: Any

    def __add__(self, other: Any) -> Any:
        return operations.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return operations.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return operations.sub(self, other)

    def __rsub__(self, other: Any) -> Any:
        return operations.sub(other, self)

    def __mul__(self, other: Any) -> Any:
        return operations.mul(self, other)

    def __rmul__(self, other: Any) -> Any:
        return operations.mul(other, self)

    def __truediv__(self, other: Any) -> Any:
        return operations.div(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return operations.div(other, self)

    def __pow__(self, other: Any) -> Any:
        return operations.pow(self, other)

    def __rpow__(self, other: Any) -> Any:
        return operations.pow(other, self)

    def __matmul__(self, other: Any) -> Any:
        return operations.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return operations.matmul(other, self)

    def __neg__(self) -> Any:
        return operations.neg(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return operations.abs(self)

    def __getitem__(self, index: Any) -> Any:
        return operations.get_item(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "a Variable's elements cannot be assigned, since the graph records values; build the result with "
            "dezero.functions.where or concatenate, or change v.data before using v"
        )

    # Comparisons give plain boolean arrays: they have no derivative. __hash__ stays by identity.
    __hash__ = object.__hash__

    def __eq__(self, other: Any) -> Any:
        return self._data == raw(other)

    def __ne__(self, other: Any) -> Any:
        return self._data != raw(other)

    def __lt__(self, other: Any) -> Any:
        return self._data < raw(other)

    def __le__(self, other: Any) -> Any:
        return self._data <= raw(other)

    def __gt__(self, other: Any) -> Any:
        return self._data > raw(other)

    def __ge__(self, other: Any) -> Any:
        return self._data >= raw(other)

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

    def dot(self, other: Any) -> Any:
        return operations.dot(self, other)

    def flatten(self) -> Any:
        return operations.reshape(self, (-1,))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return operations.numpy_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return operations.numpy_function(function, args, kwargs)
