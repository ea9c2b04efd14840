"""Operations by name: earlier rooms call what later rooms declare, so that imports run one way."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any


class Homes(dict[str, str]):
    """Name of an operation -> module that declares it, which is imported when the name is first asked for.

    families: packages with a table LATER, of a file and the names in it; read when a name is missed for the first time.
    """

    def __init__(self) -> None:
        self.families: list[str] = []

    def __missing__(self, name: str) -> str:
        for family in (self.families.pop() for _ in list(self.families)):
            for file, names in import_module(family).LATER.items():
                self.update(dict.fromkeys(names.split(), f"{family}.{file}"))
        return self.get(name, "")  # "": no home


homes = Homes()
redeclared: list[Callable[[], None]] = []  # called when a name is declared again: caches drop what used the old rules


def loaded(name: str) -> bool:
    """Import the module that declares an operation; False where no module is known to."""
    if home := homes[name]:
        import_module(home)
    return bool(home)


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
