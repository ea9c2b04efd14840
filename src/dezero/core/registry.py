"""Operations by name: earlier rooms call what later rooms declare, so that imports run one way."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

homes: dict[str, str] = {}  # name of an operation -> module that declares it, imported when the name is first asked for
redeclared: list[Callable[[], None]] = []  # called when a name is declared again: caches drop what used the old rules


def loaded(name: str) -> bool:
    """Import the module that declares an operation; False where no module is known to."""
    if name not in homes:
        return False
    import_module(homes[name])
    return True


class Namespace:
    """The `F` of one reading of the rules: an attribute for each operation, and for each function that a Variable's
    methods call by name."""

    def __init__(self, reading: str) -> None:
        self._reading = reading

    def __getattr__(self, name: str) -> Any:
        if loaded(name) and name in self.__dict__:
            return self.__dict__[name]
        raise AttributeError(f"no operation named {name!r} is declared for {self._reading}")


class RawReading(Namespace):
    """The reading of the rules with raw arrays: an operation is the function that computes its value."""


values = RawReading("raw arrays")
operations = Namespace("Variables")
