"""Layer: parameters and sublayers by name, and operations on all of them at once."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from os import PathLike
from typing import Any, Self

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.config import training
from dezero.core.dtypes import Array, DType
from dezero.core.marks import CONSTANT
from dezero.core.variable import ArrayLike, Parameter, Variable
from dezero.io import read_arrays, write_arrays
from dezero.layers import summary
from dezero.layers.hooks import Around, Hook, HookHandle
from dezero.layers.state import Header, State, arrays_beside, headers_beside


class Buffer(Variable):
    """A Variable that a layer keeps and saves, but does not learn, such as running statistics; NumPy may read it."""

    __slots__ = ()

    def __init__(self, data: Array | None, name: str | None = None) -> None:
        super().__init__(data, name)
        self._op = CONSTANT


class _Awaiting(Variable):
    """A Variable whose shape is known in part until the layer first sees its input; `.data` is None until then.

    shape: lengths, None where not known yet. dtype: what it will hold, None for that of the input.
    """

    __slots__ = ("kind", "pattern")

    def __init__(
        self, shape: tuple[int | None, ...], dtype: np.typing.DTypeLike | None = None, name: str | None = None
    ) -> None:
        super().__init__(None, name)
        self.pattern, self.kind = tuple(shape), None if dtype is None else np.dtype(dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        return _awaiting, (type(self), self.pattern, self.kind, *super().__reduce__()[1][1:4])


class Weight(_Awaiting, Parameter):
    """A Parameter that a layer makes when it first sees its input."""

    __slots__ = ()


class Statistic(_Awaiting, Buffer):
    """A Buffer that a layer makes when it first sees its input."""

    __slots__ = ()


class Seen:
    """Weak references to the inputs (part 0) or outputs (part 1) of a layer's last call.

    As it defines no `__set__`, a layer may have an attribute of its own under the same name.
    """

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

    _shown: tuple[str, ...] = ()  # attributes that repr shows

    # name -> names of the arrays that a file may hold in its place: they are joined along their last axis
    pieces: Mapping[str, tuple[str, ...]] = {}
    inputs, outputs = Seen(0), Seen(1)

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        around = self.__dict__.get("_around")
        result = self.forward(*inputs, **options) if around is None else around.call(self, inputs, options)
        self.__dict__["_seen"] = _references(inputs), _references(result if isinstance(result, tuple) else (result,))
        return result

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, np.ndarray) and isinstance(vars(self).get(name), Parameter | Buffer):
            raise TypeError(
                f"{type(self).__name__}: {name} is a Parameter or a Buffer, and no array can take its place; "
                f"write {name}.data = array for other numbers in it"
            )
        super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_seen"}

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """What the layer makes of its inputs; NotImplementedError where a subclass does not say."""
        raise NotImplementedError(f"{type(self).__name__} defines no forward(self, x): say there what it computes")

    # -- how it is called --------------------------------------------------------------------------------------

    @property
    def training(self) -> bool:
        """Whether the layer behaves as in training: by default as `Config.train` says; never after `eval()`."""
        around = vars(self).get("_around")
        return training() and not (around is not None and around.in_use)

    def train(self, mode: bool = True) -> Self:
        """Undo `eval()` in this layer and all inside it: they do as `Config.train` says. mode: False is `eval()`."""
        for layer in self.modules():
            around = layer._around_calls() if not mode else vars(layer).get("_around")
            if around is not None:
                around.in_use = not mode
        return self

    def eval(self) -> Self:
        """Let this layer and all inside it behave as in use, not as in training, in every thread; returns the layer.

        >>> from dezero.layers import Dropout
        >>> Dropout(0.5).eval()(Variable(np.ones(3)))
        variable([1. 1. 1.])
        """
        return self.train(False)

    def register_forward_hook(self, hook: Hook) -> HookHandle:
        """Call `hook(layer, inputs, result)` after each call; what it returns takes the result's place, unless None."""
        return HookHandle(self._around_calls().after, hook)

    def register_forward_pre_hook(self, hook: Hook) -> HookHandle:
        """Call `hook(layer, inputs)` before each call; what it returns takes the inputs' place, unless None."""
        return HookHandle(self._around_calls().before, hook)

    def _around_calls(self) -> Around:
        around: Around = vars(self).setdefault("_around", Around())
        return around

    # -- what it holds -----------------------------------------------------------------------------------------

    def sublayers(self) -> Iterator[tuple[str, Layer]]:
        """The layers directly inside this one, with their names."""
        yield from ((name, value) for name, value, _, _ in members(self) if isinstance(value, Layer))

    def children(self) -> Iterator[Layer]:
        """The layers directly inside this one."""
        yield from [layer for _, layer in self.sublayers()]

    def named_modules(self) -> Iterator[tuple[str, Layer]]:
        """This layer, under the name "", and all layers inside it, each once, with their names."""
        yield from _layers(self, "", set())

    def modules(self) -> Iterator[Layer]:
        """This layer and all layers inside it, each once.

        >>> from dezero.models import MLP
        >>> [type(layer).__name__ for layer in MLP((3, 1)).modules()]
        ['MLP', 'Linear', 'Linear']
        """
        yield from [layer for _, layer in self.named_modules()]

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

    def state_dict(self) -> dict[str, Array]:
        """Copies of all Parameters and Buffers as NumPy arrays, by name.

        ValueError names those that have no data yet (call the layer once, or give its input's size), and a name that
        two have, as those of the keys 1 and "1" of a dict.
        """
        return self._state().copies()

    def load_state_dict(self, state: Mapping[str, ArrayLike], strict: bool = True) -> None:
        """Set Parameters and Buffers to arrays of these names, cast to the dtype they have.

        strict: every name must be there and no other. KeyError for names that are missing or left over, ValueError
        for shapes and TypeError for kinds of numbers that do not fit; nothing is changed then.
        """
        mine = self._state()
        arrays = mine.joined({name: np.asarray(raw(value)) for name, value in state.items()}, arrays_beside)
        mine.check({name: (array.shape, array.dtype) for name, array in arrays.items()}, strict, "load_state_dict")
        mine.assign(arrays)

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

        mine = self._state()

        def check(found: dict[str, Header]) -> None:
            mine.check(mine.joined(found, headers_beside), strict, f"load_weights of {path}")

        mine.assign(mine.joined(read_arrays(path, check), arrays_beside))

    def _state(self) -> State:
        return State(type(self).__name__, _walk(self))


def _references(values: tuple[object, ...]) -> list[weakref.ref[Any]]:
    return [weakref.ref(value) for value in values if isinstance(value, Variable | np.ndarray)]


def members(owner: object) -> list[tuple[str, Any, Any, Any]]:
    """The Parameters, Buffers and Layers of an object: its attributes first, then those inside its containers.

    Each is a tuple of its name, itself, the dict or list that holds it, and its key there.
    """
    attributes = vars(owner)
    found: list[tuple[str, Any, Any, Any]]
    found = [(name, value, attributes, name) for name, value in attributes.items() if isinstance(value, _MEMBERS)]
    inside: list[tuple[str, Any]] = [
        (name, value) for name, value in attributes.items() if isinstance(value, _CONTAINERS) and name != "_seen"
    ]
    seen: set[int] = set()
    while inside:
        name, container = inside.pop(0)
        values = container.values() if isinstance(container, dict) else container
        if id(container) in seen or not any(
            [issubclass(kind, _MEMBERS + _CONTAINERS) for kind in {*map(type, values)}]
        ):
            continue  # only the set of types is looked at: a vocabulary of 200,000 words takes 2 ms, not 50
        seen.add(id(container))
        for key, value in container.items() if isinstance(container, dict) else enumerate(container):
            if isinstance(value, _MEMBERS):
                found.append((f"{name}/{key}", value, container, key))
            elif isinstance(value, _CONTAINERS):
                inside.append((f"{name}/{key}", value))
    return found


_MEMBERS = Parameter, Buffer, Layer  # isinstance with a tuple takes a third of the time of a union
_CONTAINERS = list, tuple, dict


def _walk(layer: Layer) -> list[tuple[str, Layer, Any]]:
    """Each Parameter and Buffer once: its name, the layer that holds it, and itself."""
    found: list[tuple[str, Layer, Any]] = []
    _visit(layer, "", {id(layer)}, found)
    return found


def _visit(layer: Layer, prefix: str, seen: set[int], found: list[tuple[str, Layer, Any]]) -> None:
    for name, value, _, _ in members(layer):
        if id(value) not in seen:
            seen.add(id(value))
            if isinstance(value, Layer):
                _visit(value, f"{prefix}{name}/", seen, found)
            else:
                found.append((prefix + name, layer, value))


def _layers(layer: Layer, name: str, seen: set[int]) -> Iterator[tuple[str, Layer]]:
    if id(layer) not in seen:
        seen.add(id(layer))
        yield name, layer
        for own, inner in layer.sublayers():
            yield from _layers(inner, f"{name}/{own}" if name else own, seen)


def _awaiting(
    kind: type[_Awaiting], pattern: tuple[int | None, ...], dtype: DType, data: Any, name: str | None, grad: Any
) -> _Awaiting:
    value = kind(pattern, dtype, name)
    value._data, value._grad = data, grad
    return value
