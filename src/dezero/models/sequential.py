"""One layer after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dezero.models.model import Model


class Sequential(Model):
    """Layers or functions, each called on what the one before it returns; their names are l0, l1, ...

    TypeError for an element that cannot be called.

    >>> from dezero.functions import relu
    >>> from dezero.layers import Linear
    >>> model = Sequential(Linear(10), relu, Linear(1))
    >>> model(Variable(np.ones((5, 3)))).shape
    (5, 1)
    """

    def __init__(self, *layers: Callable[..., Any]) -> None:
        for i, layer in enumerate(layers):
            if isinstance(layer, type):
                name = layer.__name__
                raise TypeError(f"Sequential: element {i} is the class {name}, not a layer; write {name}(...)")
            if not callable(layer):
                raise TypeError(
                    f"Sequential: element {i} must be a layer or a function, got a {type(layer).__name__}; "
                    "pass the layers one by one, those of a list as Sequential(*layers)"
                )
        self.layers = list(layers)
        for i, layer in enumerate(layers):
            setattr(self, f"l{i}", layer)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x
