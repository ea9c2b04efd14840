"""Checkpoints: all that a run needs to go on bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from dezero.layers import Layer
from dezero.training.archive import read_checkpoint, write_checkpoint


class Checkpoint:
    """A file that keeps the state of a run's parts, objects with state_dict and load_state_dict; none without path."""

    def __init__(self, path: str | PathLike[str] | None, every: int | None) -> None:
        if path is None and every:
            raise ValueError("Trainer: checkpoint_every needs checkpoint=PATH")
        if path is not None and Path(path).suffix != ".npz":
            raise ValueError(f"Trainer: checkpoint={str(path)!r}: the checkpoint's name must end in .npz")
        self.path, self.every = None if path is None else Path(path), every

    def start(self, parts: Mapping[str, Any], resume: bool) -> None:
        """Say what belongs to the run, and go on from the file if that is wanted and there is one."""
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
        """Write the file; within an epoch only where the loader can go on from there."""
        if self.path and not (within_epoch and "loader" not in self.parts):
            write_checkpoint(self.path, {name: part.state_dict() for name, part in self.parts.items()})

    def due(self, step: int) -> bool:
        return bool(self.every) and step % self.every == 0  # type: ignore[operator]


class GlobalRandom:
    """NumPy's global random state, from which loaders, dropout and initial weights draw by default."""

    def state_dict(self) -> dict[str, Any]:
        return np.random.get_state(legacy=False)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        np.random.set_state(state)


class RandomGenerators:
    """The Generators of a model's layers, in order, and those that the user names."""

    def __init__(self, model: Any, others: Any) -> None:
        held = _generators(model, set()) if isinstance(model, Layer) else ()
        self.generators = list(dict.fromkeys([*held, *others]))  # each once

    def state_dict(self) -> dict[int, Any]:
        return {n: generator.bit_generator.state for n, generator in enumerate(self.generators)}

    def load_state_dict(self, state: Mapping[int, Any]) -> None:
        if len(state) != len(self.generators):
            raise ValueError(f"the checkpoint has {len(state)} Generators, and the run {len(self.generators)}")
        for n, generator in enumerate(self.generators):
            generator.bit_generator.state = state[n]


def _generators(layer: Layer, seen: set[int]) -> Iterator[np.random.Generator]:
    seen.add(id(layer))
    yield from (value for value in vars(layer).values() if isinstance(value, np.random.Generator))
    for _, below in layer.sublayers():
        if id(below) not in seen:
            yield from _generators(below, seen)


def restore(parts: Mapping[str, Any], state: Mapping[str, Any], path: Any) -> None:
    """Load each part's state into it; ValueError, with all parts as they were, where one does not fit."""
    if not isinstance(state, Mapping) or set(parts) != set(state):
        raise ValueError(f"{path}: this checkpoint holds {', '.join(state)}, and the run has {', '.join(parts)}")
    back = {name: _way_back(part) for name, part in parts.items()}
    for name, part in parts.items():
        try:
            part.load_state_dict(state[name])
        except Exception as error:
            for step in reversed(back.values()):
                step()
            reason = error.args[0] if error.args else repr(error)
            raise ValueError(f"{path}: the checkpoint does not fit the {name} of this run ({reason})") from error


def _way_back(part: Any) -> Callable[[], object]:
    """What makes a part as it is now; a layer's Parameters may hold nothing yet, which no state_dict can tell."""
    if isinstance(part, Layer):
        held = [(value, value._data) for _, value in part.named_state()]
        return lambda: _set_data(held)
    state = part.state_dict()
    return lambda: part.load_state_dict(state)


def _set_data(held: list[tuple[Any, Any]]) -> None:
    for value, data in held:
        value.data = data
