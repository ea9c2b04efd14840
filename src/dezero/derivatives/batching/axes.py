"""Along which axis the examples lie, in each leaf of a tree of arguments or results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import operand
from dezero.core.errors import describe
from dezero.core.registry import operations
from dezero.series.orders import is_whole_number

Axis = int | None  # None: the same for all examples
Axes = Any  # an Axis, or a tree of them that is a prefix of the tree of leaves


class Mapped(NamedTuple):
    """A leaf, where it stands in its tree (as code), and the axis of the examples in it."""

    path: str
    leaf: Any
    axis: Axis


def mapped(name: str, argument: str, axes: Axes, tree: object, path: str) -> Iterator[Mapped]:
    """The leaves of a tree from left to right, each with its axis.

    name: the transform, argument: of it, which gave the axes, and path: of the tree, for errors. TypeError or
    ValueError for axes that are no prefix of the tree.
    """
    given = axes if isinstance(axes, tuple | list | dict) else None
    if given is None and not (axes is None or is_whole_number(axes)):
        raise TypeError(
            f"{name}: {argument} is {describe(axes)} for {path}; give a whole number, None or a tree of them"
        )
    if tree is None:
        return
    if not isinstance(tree, tuple | list | dict):
        if given is not None:
            raise ValueError(f"{name}: {argument} is {axes!r} for {path}, which is no tree; give an axis or None")
        yield Mapped(path, tree, axes)
        return
    keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
    if given is not None:
        _check_prefix(name, argument, given, tree, keys, path)
    for key in keys:
        yield from mapped(name, argument, axes if given is None else given[key], tree[key], f"{path}[{key!r}]")


def _check_prefix(name: str, argument: str, given: Any, tree: Any, keys: list[Any], path: str) -> None:
    alike = isinstance(given, dict) == isinstance(tree, dict) and len(given) == len(tree)
    if not alike or (isinstance(given, dict) and set(given) != set(keys)):
        raise ValueError(
            f"{name}: {argument} is {given!r} for {path}, which has {_inside(tree)}; give it the same structure, "
            "or one axis for all"
        )


def _inside(tree: Any) -> str:
    return f"the keys {list(tree)}" if isinstance(tree, dict) else f"{len(tree)} entries"


def count_of(name: str, leaves: Sequence[Mapped]) -> int:
    """How many examples there are; ValueError where leaves disagree, none has an axis, or an axis does not exist."""
    counts: dict[int, Mapped] = {}
    for m in leaves:
        if m.axis is None:
            continue
        shape = operand(m.leaf, name).shape
        if not -len(shape) <= m.axis < len(shape):
            valid = (
                f"give one from {-len(shape)} to {len(shape) - 1}, or None"
                if shape
                else "it has no axes: give None, or for a list of numbers one array, numpy.array(...)"
            )
            raise ValueError(f"{name}: in_axes asks for axis {m.axis} of {m.path}, of shape {shape}; {valid}")
        counts.setdefault(shape[m.axis], m)
    if not counts:
        raise ValueError(f"{name}: in_axes gives no argument an axis, so there is nothing to map over")
    if len(counts) > 1:
        (n, a), (m_, b) = list(counts.items())[:2]
        raise ValueError(
            f"{name}: {a.path} has {n} examples along axis {a.axis} of shape {np.shape(raw(a.leaf))}, {b.path} has "
            f"{m_} along axis {b.axis} of shape {np.shape(raw(b.leaf))}; give both the same, or None for one of them"
        )
    (count,) = counts
    if not count:
        (m,) = counts.values()
        raise ValueError(f"{name}: {m.path} of shape {np.shape(raw(m.leaf))} holds no examples; f cannot run on one")
    return count


def to_front(x: Any, axis: int) -> Any:
    """An array or Variable with the axis of the examples first."""
    ndim = np.ndim(raw(x))
    return (
        x if axis % ndim == 0 else operations.moveaxis(x, axis, 0) if hasattr(x, "_data") else np.moveaxis(x, axis, 0)
    )


def from_front(name: str, y: Any, axis: int, path: str) -> Any:
    """A result, which has its examples first, with them along this axis."""
    if not -y.ndim <= axis < y.ndim:
        raise ValueError(
            f"{name}: out_axes asks for axis {axis} of {path}, which has shape {y.shape} with the examples first; give "
            f"one from {-y.ndim} to {y.ndim - 1}"
        )
    return y if axis % y.ndim == 0 else operations.moveaxis(y, 0, axis)
