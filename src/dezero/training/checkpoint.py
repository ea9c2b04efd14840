"""Checkpoints: everything that a run needs to continue bit for bit."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from dezero.core.dtypes import Array
from dezero.core.variable import Variable
from dezero.layers import Layer
from dezero.training.archive import read_checkpoint, write_checkpoint


class Checkpoint:
    """A file with the state of a run's parts (objects with state_dict and load_state_dict); path None: no file."""

    def __init__(self, path: str | PathLike[str] | None, every: int | None) -> None:
        if path is None and every:
            raise ValueError("Trainer: checkpoint_every needs checkpoint=PATH")
        if path is not None and Path(path).suffix != ".npz":
            raise ValueError(f"Trainer: checkpoint={str(path)!r}: the checkpoint's name must end in .npz")
        self.path, self.every = None if path is None else Path(path), every

    def start(self, parts: Mapping[str, Any], resume: bool) -> None:
        """Set the parts of the run; where `resume` is true and the file exists, load their states from it."""
        if self.path is None:
            if resume:
                raise ValueError("Trainer.fit: resume=True needs the Trainer's checkpoint=PATH")
            return
        if self.every and "loader" not in parts:
            raise TypeError(
                "Trainer.fit: the loader has no state_dict, so that a run cannot go on within an epoch; pass a "
                "dezero.DataLoader, or leave checkpoint_every out"
            )
        if lacking := [name for name, part in parts.items() if not hasattr(part, "load_state_dict")]:
            kind = type(parts[lacking[0]]).__name__
            raise TypeError(f"Trainer.fit: the {lacking[0]}, {kind}, has no state_dict to make a checkpoint of")
        self.parts = parts
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if resume and self.path.exists():
            restore(parts, read_checkpoint(self.path), self.path)

    def save(self, within_epoch: bool = False) -> None:
        """Write the file; within an epoch only where the loader has a state to continue from."""
        if self.path and not (within_epoch and "loader" not in self.parts):
            write_checkpoint(self.path, {name: part.state_dict() for name, part in self.parts.items()})

    def due(self, step: int) -> bool:
        return bool(self.every) and step % self.every == 0  # type: ignore[operator]


class GlobalRandom:
    """NumPy's global random state, from which loaders, dropout and initial weights draw by default."""

    def state_dict(self) -> dict[str, Any]:
        return np.random.get_state(legacy=False)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        def put(state: Any) -> object:
            other = np.random.RandomState(_like(np.random.get_state(legacy=False)["bit_generator"]))
            other.set_state(state)
            return other.get_state(legacy=False)

        _check_random("the random state", state, put)
        np.random.set_state(state)


class RandomGenerators:
    """The Generators of a model's layers, in order, and those that the user names."""

    def __init__(self, model: object, others: Iterable[np.random.Generator]) -> None:
        held = _generators(model, set()) if isinstance(model, Layer) else ()
        self.generators = list(dict.fromkeys([*held, *others]))  # each once

    def state_dict(self) -> dict[int, Any]:
        return {n: generator.bit_generator.state for n, generator in enumerate(self.generators)}

    def load_state_dict(self, state: Mapping[int, Any]) -> None:
        if not isinstance(state, Mapping):
            raise TypeError(f"the states of Generators are a dict, not {type(state).__name__}")
        if len(state) != len(self.generators):
            raise ValueError(f"the checkpoint has {len(state)} Generators, and the run {len(self.generators)}")
        for n, generator in enumerate(self.generators):
            if n not in state:
                raise KeyError(f"the checkpoint has no Generator {n}")
            other = _like(type(generator.bit_generator).__name__)

            def put(state: Any, other: Any = other) -> object:
                other.state = state
                return other.state

            _check_random(f"the state of Generator {n}", state[n], put)
        for n, generator in enumerate(self.generators):
            generator.bit_generator.state = state[n]


def _like(name: str) -> Any:
    return getattr(np.random, name)()


def _check_random(what: str, state: Any, put: Callable[[Any], object]) -> None:
    """ValueError for a state that a generator of its kind does not take unchanged.

    put: sets a new generator to the state, and returns the state that it has then.
    """
    try:
        with warnings.catch_warnings(action="error"):
            fits = isinstance(state, Mapping) and _same(put(state), state)
        inner = state["state"] if fits else {}
        fits = fits and 0 <= inner.get("pos", 0) <= 624 and inner.get("inc", 1) % 2 == 1
    except (TypeError, ValueError, KeyError, OverflowError, AttributeError, IndexError, Warning) as error:
        raise ValueError(f"{what} is none ({error})") from error
    if not fits:
        raise ValueError(f"{what} is none: an entry is of another type or size, or out of range")


def _same(a: object, b: object) -> bool:
    if isinstance(a, Mapping):
        return isinstance(b, Mapping) and a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and (a.dtype, a.shape) == (b.dtype, b.shape) and np.array_equal(a, b)
    return type(a) is type(b) and (a == b or a != a)


def _generators(layer: Layer, seen: set[int]) -> Iterator[np.random.Generator]:
    seen.add(id(layer))
    yield from (value for value in vars(layer).values() if isinstance(value, np.random.Generator))
    for _, below in layer.sublayers():
        if id(below) not in seen:
            yield from _generators(below, seen)


def restore(parts: Mapping[str, Any], state: Mapping[str, Any], path: object) -> None:
    """Load each part's state into it; ValueError, with all parts as they were, where one does not fit."""
    if not isinstance(state, Mapping) or set(parts) != set(state):
        raise ValueError(f"{path}: this checkpoint holds {', '.join(state)}, and the run has {', '.join(parts)}")
    back = {name: _way_back(part) for name, part in parts.items()}
    for name, part in parts.items():
        try:
            part.load_state_dict(state[name])
        except BaseException as error:
            for step in reversed(back.values()):
                step()
            if not isinstance(error, Exception):  # Ctrl-C
                raise
            reason = error.args[0] if error.args else repr(error)
            raise ValueError(f"{path}: the checkpoint does not fit the {name} of this run ({reason})") from error


def _way_back(part: Any) -> Callable[[], object]:
    """A function that brings a part back to its present state; Parameters of a layer may have no data yet, which its
    state_dict cannot say."""
    if isinstance(part, Layer):
        held = [(value, value._data) for _, value in part.named_state()]
        return lambda: _set_data(held)
    state = part.state_dict()
    return lambda: part.load_state_dict(state)


def _set_data(held: Sequence[tuple[Variable, Array | None]]) -> None:
    for value, data in held:
        value.data = data
