"""Operations by name: what later rooms declare and earlier rooms call, so that imports run one way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dezero.core.op import Op


class Namespace:
    """The `F` of one reading of the rules: an attribute for each operation."""

    def __init__(self, reading: str) -> None:
        self._reading = reading
        self.find: Callable[[str], Any] = lambda name: None  # loads what is declared later, if it has the name

    def __getattr__(self, name: str) -> Any:
        if self.find(name) is not None:
            return self.__dict__[name]
        raise AttributeError(f"no operation named {name!r} is declared for {self._reading}")


declared: dict[str, Op] = {}
values = Namespace("raw arrays")
operations = Namespace("Variables")
