"""A layer in words: its tree of sublayers, with the shapes and the number of its parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from dezero.core.variable import Variable


class Layer(Protocol):
    """The parts of a layer that a summary shows."""

    _shown: tuple[str, ...]

    def own_state(self) -> Iterable[tuple[str, Variable]]: ...
    def sublayers(self) -> Iterable[tuple[str, Layer]]: ...
    def params(self) -> Iterable[Variable]: ...


def describe(layer: Layer) -> str:
    """One line a layer: its name, its kind, its own arrays with their shapes, and how many numbers it learns."""
    return "\n".join(_lines(layer, "", 0, set()))


def _lines(layer: Layer, name: str, depth: int, seen: set[int]) -> Iterator[str]:
    told = [f"{n} {_shape(v)}" for n, v in layer.own_state()] + [f"{n}={getattr(layer, n)!r}" for n in layer._shown]
    label = f"{name}: " if name else ""
    if id(layer) in seen:
        yield "  " * depth + f"{label}{type(layer).__name__} (see above)"
        return
    seen.add(id(layer))
    yield "  " * depth + f"{label}{type(layer).__name__}({', '.join(told)}){_count(layer)}"
    for name, below in layer.sublayers():
        yield from _lines(below, name, depth + 1, seen)


def _shape(value: Variable) -> str:
    pattern = getattr(value, "pattern", None) if value._data is None else value.shape
    return "not set yet" if pattern is None else str(pattern).replace("None", "?")


def _count(layer: Layer) -> str:
    params = list(layer.params())
    known = sum(p.size for p in params if p._data is not None)
    more = "+" if any(p._data is None for p in params) else ""
    return f"  {known:,}{more} parameter{'' if known == 1 and not more else 's'}" if params else ""
