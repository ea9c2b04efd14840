"""Operations by name: what later rooms declare and earlier rooms call, so that imports run one way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

finders: list[Callable[[str], Any]] = []  # each loads what its room declares later, and says whether it had the name
redeclared: list[Callable[[], None]] = []  # called where a name is declared again, by those who keep derivations


def loaded(name: str) -> bool:
    """Whether some room had the name and has declared it now."""
    return any([find(name) is not None for find in finders])


class Namespace:
    """The `F` of one reading of the rules: an attribute for each operation (and what Variables call by name)."""

    def __init__(self, reading: str) -> None:
        self._reading = reading

    def __getattr__(self, name: str) -> Any:
        if loaded(name) and name in self.__dict__:
            return self.__dict__[name]
        raise AttributeError(f"no operation named {name!r} is declared for {self._reading}")


class RawReading(Namespace):
    """The reading of the rules with raw arrays: an operation is its value."""


values = RawReading("raw arrays")
operations = Namespace("Variables")
