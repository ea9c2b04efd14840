"""Nested tuples, lists and dicts, taken apart into their leaves and a structure that can be a key."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from dezero.backends import is_plain_array
from dezero.core.variable import Variable

LEAF = "*"


class Structure(NamedTuple):
    """The containers of a value: equal for two values exactly if they differ in their leaves alone.

    kind: the class of a container, LEAF, or the class of a static value. keys: of a dict. parts: of a container.
    value: the static value; names it in keys.
    """

    kind: Any
    keys: tuple[Hashable, ...] = ()
    parts: tuple[Structure, ...] = ()
    value: Any = None


class Static:
    """A value that is no array, and part of the structure: equal to an equal value of the same class."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Static) or type(self.value) is not type(other.value):
            return False
        if self.value is other.value:
            return True
        same = self.value == other.value
        return same is True and repr(self.value) == repr(other.value)  # 0.0 is not -0.0

    def __hash__(self) -> int:
        try:
            return hash((type(self.value), self.value))
        except TypeError:  # a list of names, say: equal values may then be taken for different ones
            return id(self.value)

    def __repr__(self) -> str:
        return f"Static({self.value!r})"


def is_leaf(value: object) -> bool:
    """Whether a value is an array: a Variable, an array of NumPy's or a NumPy scalar that holds numbers."""
    if isinstance(value, Variable):
        return value._data is not None
    if isinstance(value, np.generic) or is_plain_array(value):
        return value.dtype.kind in "biufc"  # type: ignore[attr-defined]
    return False


def flatten(value: object, numbers: bool = False) -> tuple[list[Any], Structure]:
    """The arrays in a value, from left to right, and its structure, which is hashable.

    Tuples (named ones too), lists and dicts are containers. Variables, NumPy arrays and NumPy scalars are leaves.
    Anything else, Python numbers too, is static: a part of the structure. numbers: Python floats are leaves, too.

    >>> leaves, structure = flatten({"a": np.ones(2), "b": [3, np.float64(4.0)]})
    >>> len(leaves), unflatten(structure, ["first", "second"])
    (2, {'a': 'first', 'b': [3, 'second']})
    """
    leaves: list[Any] = []
    return leaves, _structure(value, leaves, numbers)


def _structure(value: Any, leaves: list[Any], numbers: bool) -> Structure:
    if is_leaf(value) or (numbers and type(value) is float):
        leaves.append(value)
        return Structure(LEAF)
    kind = type(value)
    if kind is dict:
        return Structure(dict, tuple(value), tuple([_structure(part, leaves, numbers) for part in value.values()]))
    if kind in (tuple, list) or (isinstance(value, tuple) and hasattr(value, "_make")):
        return Structure(kind, (), tuple([_structure(part, leaves, numbers) for part in value]))
    return Structure(kind, (), (), Static(value))


def unflatten(structure: Structure, leaves: Sequence[Any]) -> Any:
    """The value of a structure with these leaves; ValueError for another number of leaves than it has."""
    rest = iter(leaves)
    value = _value(structure, rest)
    if next(rest, rest) is not rest:
        raise ValueError(f"unflatten: {len(leaves)} leaves are more than the structure has")
    return value


def _value(structure: Structure, leaves: Iterator[Any]) -> Any:
    kind = structure.kind
    if kind is LEAF:
        try:
            return next(leaves)
        except StopIteration:
            raise ValueError("unflatten: the structure has more leaves than were given") from None
    if isinstance(structure.value, Static):
        return structure.value.value
    parts = [_value(part, leaves) for part in structure.parts]
    if kind is dict:
        return dict(zip(structure.keys, parts, strict=True))
    return kind._make(parts) if hasattr(kind, "_make") else kind(parts)
