"""Sequential: a model that calls its layers one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dezero.core.variable import ArrayLike
from dezero.models.model import Model


class Sequential(Model):
    """Layers or functions, each called on what the one before it returns; their names are l0, l1, ...

    `model[i]` is the layer l{i}, and either name may be given another layer; len, slices and iteration are as of a
    tuple. TypeError for an element that cannot be called.

    >>> from dezero.functions import relu
    >>> from dezero.layers import Linear
    >>> model = Sequential(Linear(10), relu, Linear(1))
    >>> model[2] = Linear(4)
    >>> model(Variable(np.ones((5, 3)))).shape
    (5, 4)
    """

    def __init__(self, *layers: Callable[..., Any]) -> None:
        for i, layer in enumerate(layers):
            _check(type(self).__name__, i, layer)
        self._names = tuple(map(self._name, range(len(layers))))
        for name, layer in zip(self._names, layers, strict=True):
            setattr(self, name, layer)

    @staticmethod
    def _name(i: int) -> str:
        return f"l{i}"

    @property
    def layers(self) -> tuple[Any, ...]:
        """The layers and functions that the attributes hold now, in their order."""
        return tuple([getattr(self, name) for name in self._names])

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)

    def __getitem__(self, i: Any) -> Any:
        return self.layers[i]

    def __setitem__(self, i: int, layer: Callable[..., Any]) -> None:
        _check(type(self).__name__, i, layer)
        setattr(self, self._names[i], layer)

    def forward(self, x: ArrayLike) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x


def _check(kind: str, i: int, layer: object) -> None:
    if isinstance(layer, type):
        name = layer.__name__
        raise TypeError(f"{kind}: element {i} is the class {name}, not a layer; write {name}(...)")
    if not callable(layer):
        raise TypeError(
            f"{kind}: element {i} must be a layer or a function, got a {type(layer).__name__}; "
            "pass the layers one by one, those of a list as Sequential(*layers)"
        )
