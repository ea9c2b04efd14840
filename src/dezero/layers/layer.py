"""Layer: parameters and sublayers under names, and what one does with all of them at once."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from os import PathLike
from typing import Any

import numpy as np

from dezero.core.variable import Parameter, Variable
from dezero.io import read_arrays, write_arrays
from dezero.layers import summary


class Buffer(Variable):
    """A Variable that a layer keeps and saves, but does not learn, such as running statistics."""


class _Awaiting(Variable):
    """A Variable whose shape is known in part until the layer first sees its input; `.data` is None until then.

    shape: lengths, None where not known yet. dtype: what it will hold, None for that of the input.
    """

    def __init__(self, shape: tuple[int | None, ...], dtype: Any = None, name: str | None = None) -> None:
        super().__init__(None, name)
        self.pattern, self.kind = tuple(shape), None if dtype is None else np.dtype(dtype)

    def __reduce__(self) -> Any:
        return _awaiting, (type(self), self.pattern, self.kind, *super().__reduce__()[1][1:])


class Weight(_Awaiting, Parameter):
    """A Parameter that a layer makes when it first sees its input."""


class Statistic(_Awaiting, Buffer):
    """A Buffer that a layer makes when it first sees its input."""


class Seen:
    """Weak references to what a layer's last call got (0) or gave (1); a layer may have attributes of these names."""

    def __init__(self, part: int) -> None:
        self.part = part

    def __get__(self, layer: Layer | None, owner: type) -> Any:
        return self if layer is None else vars(layer).get("_seen", ((), ()))[self.part]


class Layer:
    """A function with parameters of its own: subclasses define `forward`.

    Attributes that are Parameters, Buffers or Layers belong to the layer under the attribute's name, and so do those
    inside lists, tuples and dicts; names of sublayers are joined by "/", as in "l1/W". `layer(*inputs)` calls
    `forward`; `.inputs` and `.outputs` are weak references to what the last call got and gave.

    >>> class Line(Layer):
    ...     def __init__(self):
    ...         self.slope = Parameter(np.array(2.0))
    ...     def forward(self, x):
    ...         return self.slope * x
    >>> Line()(Variable(np.array(3.0)))
    variable(6.0)
    """

    _shown: tuple[str, ...] = ()  # attributes that repr tells

    inputs, outputs = Seen(0), Seen(1)

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        result = self.forward(*inputs, **options)
        self.__dict__["_seen"] = _references(inputs), _references(result if isinstance(result, tuple) else (result,))
        return result

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_seen"}

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """What the layer makes of its inputs; NotImplementedError where a subclass does not say."""
        raise NotImplementedError(f"{type(self).__name__} defines no forward(self, x): say there what it computes")

    # -- what it holds -----------------------------------------------------------------------------------------

    def sublayers(self) -> Iterator[tuple[str, Layer]]:
        """The layers directly inside this one, with their names."""
        yield from ((name, value) for name, value, _, _ in members(self) if isinstance(value, Layer))

    def own_state(self) -> Iterator[tuple[str, Parameter | Buffer]]:
        """The Parameters and Buffers directly inside this layer, with their names."""
        yield from ((name, value) for name, value, _, _ in members(self) if not isinstance(value, Layer))

    def named_state(self) -> Iterator[tuple[str, Parameter | Buffer]]:
        """What `state_dict` saves: every Parameter and Buffer once, with its name."""
        for name, _, value in _walk(self):
            yield name, value

    def named_params(self) -> Iterator[tuple[str, Parameter]]:
        """Every Parameter once, with its name; in the order the attributes were set.

        >>> from dezero.layers import Linear
        >>> [name for name, _ in Linear(3).named_params()]
        ['W', 'b']
        """
        yield from ((name, value) for name, value in self.named_state() if isinstance(value, Parameter))

    def params(self) -> Iterator[Parameter]:
        """Every Parameter of this layer and its sublayers, each once."""
        yield from [value for _, _, value in _walk(self) if isinstance(value, Parameter)]

    def cleargrads(self) -> None:
        """Forget the gradient of every Parameter."""
        for param in self.params():
            param.cleargrad()

    def to_cpu(self) -> None:
        """Move every Parameter and Buffer to NumPy."""
        for _, value in self.named_state():
            value.to_cpu()

    def to_gpu(self) -> None:
        """Move every Parameter and Buffer to CuPy; ImportError, naming the extra, where CuPy is missing."""
        for _, value in self.named_state():
            value.to_gpu()

    def __repr__(self) -> str:
        return summary.describe(self)

    # -- saving and loading ------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, np.ndarray[Any, Any]]:
        """Copies of all Parameters and Buffers as NumPy arrays, by name.

        ValueError names those that have no data yet (call the layer once, or give its input's size), and a name that
        two have, as those of the keys 1 and "1" of a dict.
        """
        state = {name: value for name, (_, value) in _by_name(self).items()}
        empty = [name for name, value in state.items() if value._data is None]
        if empty:
            raise ValueError(
                f"{type(self).__name__}: {_listed(empty)} holds no data yet; call the layer on an input first, or give "
                "its input's size when you make it"
            )
        return {name: np.array(value.numpy()) for name, value in state.items()}

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> None:
        """Set Parameters and Buffers to arrays of these names, cast to the dtype they have.

        strict: every name must be there and no other. KeyError for names that are missing or left over, ValueError
        for shapes and TypeError for kinds of numbers that do not fit; nothing is changed then.
        """
        arrays = {name: np.asarray(value) for name, value in state.items()}
        self._check({name: (array.shape, array.dtype) for name, array in arrays.items()}, strict, "load_state_dict")
        self._assign(arrays)

    def save_weights(self, path: str | PathLike[str]) -> None:
        """Write all Parameters and Buffers to a file, whole or not at all.

        path: ends in .safetensors for that format (with the extra "learn"), else in .npz, which is added where it is
        missing. ValueError as for `state_dict`.
        """
        write_arrays(path, self.state_dict())

    def load_weights(self, path: str | PathLike[str], strict: bool = True) -> None:
        """Read what `save_weights`, or DeZero's own, has written.

        Names, shapes and kinds are checked before any array is read. Raises FileNotFoundError, ValueError for a file
        that is damaged or of another kind, and what `load_state_dict` raises; nothing is changed then.
        """
        self._assign(read_arrays(path, lambda found: self._check(found, strict, f"load_weights of {path}")))

    def _assign(self, arrays: Mapping[str, Any]) -> None:
        for name, layer, value in _walk(self):
            if name in arrays:
                array = np.array(arrays[name], dtype=_kind(layer, value) or arrays[name].dtype)
                value.data = array if value._data is None else _like(value._data, array)

    def _check(self, found: Mapping[str, tuple[tuple[int, ...], Any]], strict: bool, what: str) -> None:
        """Raise for what `_assign` could not do. found: the shape and the dtype of each array."""
        mine = _by_name(self)
        missing, extra = [n for n in mine if n not in found], [n for n in found if n not in mine]
        if strict and (missing or extra):
            told = [f"lacks {_listed(missing)}"] * bool(missing) + [f"has {_listed(extra)} too many"] * bool(extra)
            raise KeyError(
                f"{what}: the state for {type(self).__name__} {' and '.join(told)}; pass strict=False to load what fits"
            )
        for name in [name for name in mine if name in found]:
            layer, value = mine[name]
            shape, dtype = found[name]
            wanted = getattr(value, "pattern", None) if value._data is None else value.shape
            if wanted is not None and not _fits(shape, wanted):
                known = str(wanted).replace("None", "any")
                raise ValueError(f"{what}: {name} has shape {shape}, and {type(self).__name__} needs {known}")
            if not np.can_cast(dtype, _kind(layer, value) or np.complex128, "same_kind"):
                raise TypeError(f"{what}: {name} holds {dtype}, and {type(self).__name__} needs {_kind(layer, value)}")


def _references(values: tuple[Any, ...]) -> list[weakref.ref[Any]]:
    return [weakref.ref(value) for value in values if isinstance(value, Variable | np.ndarray)]


def members(owner: Any) -> list[tuple[str, Any, Any, Any]]:
    """The Parameters, Buffers and Layers of an object: its attributes first, then those inside its containers.

    Each with its name, and the dict or list that holds it under which key.
    """
    found: list[tuple[str, Any, Any, Any]] = []
    inside: list[tuple[str, Any]] = []
    attributes = vars(owner)
    for name, value in attributes.items():
        if isinstance(value, _MEMBERS):
            found.append((name, value, attributes, name))
        elif isinstance(value, _CONTAINERS) and name != "_seen":
            inside.append((name, value))
    seen: set[int] = set()
    while inside:
        name, container = inside.pop(0)
        if id(container) in seen:
            continue
        seen.add(id(container))
        for key, value in container.items() if isinstance(container, dict) else enumerate(container):
            if isinstance(value, _MEMBERS):
                found.append((f"{name}/{key}", value, container, key))
            elif isinstance(value, _CONTAINERS):
                inside.append((f"{name}/{key}", value))
    return found


_MEMBERS = Parameter, Buffer, Layer  # isinstance takes a tuple in a third of the time of a union
_CONTAINERS = list, tuple, dict


def _walk(layer: Layer) -> list[tuple[str, Layer, Any]]:
    """Each Parameter and Buffer once, with its name and the layer whose own it is."""
    seen, found = {id(layer)}, []

    def visit(layer: Layer, prefix: str) -> None:
        for name, value, _, _ in members(layer):
            if id(value) not in seen:
                seen.add(id(value))
                if isinstance(value, Layer):
                    visit(value, f"{prefix}{name}/")
                else:
                    found.append((prefix + name, layer, value))

    visit(layer, "")
    return found


def _by_name(layer: Layer) -> dict[str, tuple[Layer, Any]]:
    found: dict[str, tuple[Layer, Any]] = {}
    for name, owner, value in _walk(layer):
        if name in found:
            raise ValueError(f"{type(layer).__name__}: two of its arrays have the name {name}; rename one, or its key")
        found[name] = owner, value
    return found


def _kind(layer: Layer, value: Variable) -> Any:
    """The dtype that a Parameter or Buffer holds or will hold, None where nothing says."""
    if value._data is not None:
        return value.dtype
    return getattr(value, "kind", getattr(layer, "dtype", None))


def _fits(shape: tuple[int, ...], pattern: tuple[int | None, ...]) -> bool:
    return len(shape) == len(pattern) and all(m in (None, n) for n, m in zip(shape, pattern, strict=True))


def _like(old: Any, array: Any) -> Any:
    """The array where the old data is: on the GPU, if that is."""
    return array if isinstance(old, np.ndarray | np.generic) else type(old)(array)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _awaiting(kind: type[_Awaiting], pattern: Any, dtype: Any, data: Any, name: str | None, grad: Any) -> _Awaiting:
    value = kind(pattern, dtype, name)
    value._data, value._grad = data, grad
    return value
