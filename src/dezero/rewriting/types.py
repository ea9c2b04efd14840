"""The types of the values that graphs and programs hold."""

from __future__ import annotations

from typing import Any, NamedTuple

from dezero.core.dtypes import DType, Shape


class Type(NamedTuple):
    """The type of what a place of a program holds."""

    shape: Shape
    dtype: DType


def type_of(data: Any) -> Type | tuple[Type, ...]:
    """The type of an array; of each, for the outputs of a node that has several."""
    if isinstance(data, tuple):
        return tuple([Type(y.shape, y.dtype) for y in data])
    return Type(data.shape, data.dtype)
