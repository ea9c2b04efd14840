"""A layer as a function of its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dezero.core.call import operand
from dezero.core.variable import ArrayLike, Variable
from dezero.layers.layer import Layer, members


def functional_call(layer: Layer, params: Mapping[str, ArrayLike], *inputs: Any, **options: Any) -> Any:
    """layer(*inputs), with Variables or arrays in the place of the Parameters of these names.

    params: by the names of `layer.named_params()`; those not named stay. Afterwards the layer has its own Parameters
    again, also where the call raises. So a gradient step on the parameters can itself be differentiated, and transforms
    take derivatives in all of them at once. Several threads must not call it on one layer. Raises KeyError for
    a name that the layer has not, ValueError for another shape.

    >>> layer = dezero.layers.Linear(1, in_size=2, dtype=np.float64)
    >>> params = {"W": np.ones((2, 1)), "b": np.zeros(1)}
    >>> slopes = dezero.grad(lambda p: functional_call(layer, p, np.array([[3.0, 4.0]])).sum())(params)
    >>> slopes["W"]
    variable([[3.]
              [4.]])
    """
    own = dict(layer.named_params())
    unknown = [name for name in params if name not in own]
    if unknown:
        raise KeyError(
            f"functional_call: {type(layer).__name__} has no parameter {unknown[0]!r}; it has {', '.join(own)}"
        )
    others: dict[int, Variable] = {}
    for name, value in params.items():
        other = others[id(own[name])] = operand(value, "functional_call")
        if own[name]._data is not None and other.shape != own[name].shape:
            raise ValueError(
                f"functional_call: {name} of {type(layer).__name__} has shape {own[name].shape}, got {other.shape}"
            )
    changed = []
    try:
        for value, holder, key in _places(layer, set()):
            if id(value) in others:
                changed.append((holder, key, value))
                holder[key] = others[id(value)]
        return layer(*inputs, **options)
    finally:
        for holder, key, value in changed:
            holder[key] = value


def _places(layer: Layer, seen: set[int]) -> Iterator[tuple[Any, Any, Any]]:
    """Every place that holds a Parameter or Buffer: the value, the dict or list that holds it, and its key there."""
    seen.add(id(layer))
    for _, value, holder, key in members(layer):
        if not isinstance(value, Layer):
            yield value, holder, key
        elif id(value) not in seen:
            yield from _places(value, seen)
