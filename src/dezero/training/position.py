"""Where a run stands, and the means of what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from dezero.training.log import Row


@dataclass
class Position:
    """Epochs and steps done, and of the epoch under way the batches and each value's sum and weight."""

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

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if set(state) != {f.name for f in fields(self)}:
            raise KeyError(f"the position is made of {', '.join(f.name for f in fields(self))}, not {', '.join(state)}")
        vars(self).update(state)


def size_of(batch: Any) -> int:
    return len(batch[0] if isinstance(batch, tuple | list) else batch)


def numbers_of(values: Mapping[str, Any]) -> dict[str, float]:
    return {name: number_of(name, value) for name, value in values.items()}


def number_of(name: str, value: Any) -> float:
    try:
        return float(value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError):
        found = f"an array of shape {value.shape}" if hasattr(value, "shape") else f"a {type(value).__name__}"
        raise ValueError(f"Trainer: {name!r} must be a single number, got {found}; take its mean or sum") from None
