"""When to stop training before the last epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dezero.dataloaders import whole_number


@dataclass(frozen=True)
class EarlyStop:
    """Stop once a quantity has not got better for `patience` epochs.

    name: a column of the history, such as "test_loss". mode: "min" where less is better, "max" where more is.
    min_delta: a value is better where it beats the best one by more than this. A nan is never better. Calling it with
    the history says whether to stop. It keeps no state of its own: a resumed run stops where the whole one would have.
    TypeError or ValueError for a bad argument, and where the history has no such column.

    >>> EarlyStop("test_loss", patience=2)([{"test_loss": loss} for loss in (0.5, 0.3, 0.4, 0.35)])
    True
    """

    name: str
    patience: int = 5
    mode: str = "min"
    min_delta: float = 0.0

    def __post_init__(self) -> None:
        whole_number("EarlyStop: patience", self.patience)
        if self.mode not in ("min", "max"):
            raise ValueError(f'EarlyStop: mode is "min" or "max", not {self.mode!r}')
        if not 0 <= self.min_delta < math.inf:
            raise ValueError(f"EarlyStop: min_delta is a number from 0 on, not {self.min_delta!r}")

    def __call__(self, history: Sequence[dict[str, Any]]) -> bool:
        best, since = -math.inf, 0
        for row in history:
            if self.name not in row:
                raise ValueError(f"EarlyStop: the history has no {self.name!r}; it has {', '.join(row)}")
            value = row[self.name] if self.mode == "max" else -row[self.name]
            better = value > best + self.min_delta
            best, since = (value, 0) if better else (best, since + 1)
        return since >= self.patience
