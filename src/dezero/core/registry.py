"""Operations by name: what later rooms declare and earlier rooms call, so that imports run one way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dezero.core.op import Op

finders: list[Callable[[str], Any]] = []  # each loads what its room declares later, and says whether it had the name
redeclared: list[Callable[[], None]] = []  # called where a name is declared again, by those who keep derivations


def _found(name: str) -> bool:
    return any([find(name) is not None for find in finders])


class Namespace:
    """The `F` of one reading of the rules: an attribute for each operation (and what Variables call by name)."""

    def __init__(self, reading: str) -> None:
        self._reading = reading

    def __getattr__(self, name: str) -> Any:
        if _found(name) and name in self.__dict__:
            return self.__dict__[name]
        raise AttributeError(f"no operation named {name!r} is declared for {self._reading}")


class _Declared(dict[str, "Op"]):
    def __missing__(self, name: str) -> Op:
        if _found(name) and name in self:
            return self[name]
        raise KeyError(name)


declared: dict[str, Op] = _Declared()
values = Namespace("raw arrays")
operations = Namespace("Variables")
