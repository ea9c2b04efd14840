"""How far a run has come, and the means of its losses and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from dezero.dataloaders import whole_number
from dezero.training.log import Row


@dataclass
class ProgressState:
    """Epochs and steps done; of the current epoch the batches done, and each value's weighted sum and weight."""

    epoch: int = 0
    step: int = 0
    batch: int = 0
    sums: dict[str, tuple[float, int]] = field(default_factory=dict)
    history: list[Row] = field(default_factory=list)

    def add(self, values: Mapping[str, float], size: int) -> None:
        for name, value in values.items():
            total, weight = self.sums.get(name, (0.0, 0))
            self.sums[name] = total + value * size, weight + size
        self.batch += 1
        self.step += 1

    def restart_epoch(self) -> None:
        self.batch, self.sums = 0, {}

    def end_epoch(self, row: Row) -> None:
        self.history.append(row)
        self.epoch += 1
        self.restart_epoch()

    def means(self) -> dict[str, float]:
        return {name: total / weight for name, (total, weight) in self.sums.items()}

    def state_dict(self) -> dict[str, Any]:
        return asdict(self)

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """Go on from what `state_dict` gave.

        KeyError for missing or unknown entries, TypeError and ValueError for impossible values; then nothing changes.
        """
        names = [f.name for f in fields(self)]
        if not isinstance(state, Mapping):
            raise TypeError(f"the position is a dict, not {type(state).__name__}")
        if set(state) != set(names):
            raise KeyError(f"the position is made of {', '.join(names)}, not {', '.join(map(str, state))}")
        found = {name: whole_number(f"the position's {name}", state[name], 0) for name in ("epoch", "step", "batch")}
        sums, history = _sums(state["sums"]), _history(state["history"])
        if len(history) != found["epoch"]:
            raise ValueError(f"the position's history is of {len(history)} epochs, and its epoch is {found['epoch']}")
        if found["batch"] + (history[-1]["step"] if history else 0) > found["step"]:
            raise ValueError(f"the position's step is {found['step']}, less than its batches and history tell")
        vars(self).update(found, sums=sums, history=history)


def _sums(value: object) -> dict[str, tuple[float, int]]:
    if not isinstance(value, Mapping):
        raise TypeError(f"the position's sums are a dict, not {type(value).__name__}")
    sums = {}
    for name, pair in value.items():
        if not isinstance(name, str) or not isinstance(pair, tuple | list) or len(pair) != 2:
            raise TypeError(f"the position's sums hold for {name!r} no sum with its weight")
        sums[name] = _number(f"sum of {name!r}", pair[0]), whole_number(f"the position's weight of {name!r}", pair[1])
    return sums


def _history(value: object) -> list[Row]:
    if not isinstance(value, list | tuple):
        raise TypeError(f"the position's history is a list, not {type(value).__name__}")
    history: list[Row] = []
    for n, row in enumerate(value, 1):
        if not isinstance(row, Mapping) or not {"epoch", "step"} <= row.keys():
            raise TypeError(f"the position's history has no row with epoch and step for epoch {n}")
        numbers = {key: _number(f"{key!r} of epoch {n}", number) for key, number in row.items()}
        numbers["step"] = whole_number(f"the position's step of epoch {n}", row["step"], 0)
        if whole_number(f"the position's number of epoch {n}", row["epoch"]) != n:
            raise ValueError(f"the position's history has epoch {row['epoch']} in place of {n}")
        if history and numbers["step"] < history[-1]["step"]:
            raise ValueError(f"the position's history goes back from step {history[-1]['step']} to {numbers['step']}")
        history.append(numbers)
    return history


def _number(name: str, value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"the position's {name} must be a number, not {type(value).__name__}")
    return value


def size_of(batch: Any) -> int:
    return len(batch[0] if isinstance(batch, tuple | list) else batch)


def numbers_of(values: Mapping[str, object]) -> dict[str, float]:
    return {name: number_of(name, value) for name, value in values.items()}


def number_of(name: str, value: Any) -> float:
    try:
        return float(value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError):
        found = f"an array of shape {value.shape}" if hasattr(value, "shape") else f"a {type(value).__name__}"
        raise ValueError(f"Trainer: {name!r} must be a single number, got {found}; take its mean or sum") from None
