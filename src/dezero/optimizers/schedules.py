"""Schedules: a learning rate as a function of the number of updates made, for `Optimizer.schedule`."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class StepDecay:
    """The rate times `factor` after every `every` updates.

    >>> [StepDecay(0.1, every=2, factor=0.5)(step) for step in range(5)]
    [0.1, 0.1, 0.05, 0.05, 0.025]
    """

    rate: float
    every: int
    factor: float = 0.1

    def __post_init__(self) -> None:
        _check_positive(self, every=self.every)

    def __call__(self, step: int) -> float:
        return self.rate * self.factor ** (step // self.every)


@dataclass(frozen=True)
class ExponentialDecay:
    """The rate times `factor` in `every` updates, smoothly.

    >>> [ExponentialDecay(0.1, 0.25, every=2)(step) for step in range(4)]
    [0.1, 0.05, 0.025, 0.0125]
    """

    rate: float
    factor: float
    every: int = 1

    def __post_init__(self) -> None:
        _check_positive(self, every=self.every, factor=self.factor)

    def __call__(self, step: int) -> float:
        return float(self.rate * self.factor ** (step / self.every))


@dataclass(frozen=True)
class CosineDecay:
    """From the rate down to `final` within `steps` updates, along half a cosine (Loshchilov and Hutter, 2017).

    >>> [round(CosineDecay(0.1, steps=4)(step), 4) for step in range(6)]
    [0.1, 0.0854, 0.05, 0.0146, 0.0, 0.0]
    """

    rate: float
    steps: int
    final: float = 0.0

    def __post_init__(self) -> None:
        _check_positive(self, steps=self.steps)

    def __call__(self, step: int) -> float:
        return self.final + (self.rate - self.final) * (1 + math.cos(math.pi * min(step / self.steps, 1))) / 2


@dataclass(frozen=True)
class PiecewiseConstant:
    """One rate after the other: rates[i] until boundaries[i] updates are made, at last rates[-1].

    >>> [PiecewiseConstant([2, 4], [0.1, 0.01, 0.001])(step) for step in range(5)]
    [0.1, 0.1, 0.01, 0.01, 0.001]
    """

    boundaries: Sequence[int]
    rates: Sequence[float]

    def __post_init__(self) -> None:
        if len(self.rates) != len(self.boundaries) + 1 or list(self.boundaries) != sorted(self.boundaries):
            raise ValueError(
                f"PiecewiseConstant: {len(self.boundaries)} boundaries need to ascend and one rate more than they are, "
                f"got {list(self.boundaries)} and {len(self.rates)} rates"
            )

    def __call__(self, step: int) -> float:
        return self.rates[bisect_right(self.boundaries, step)]


@dataclass(frozen=True)
class LinearWarmup:
    """Up to the rate in equal parts within the first `steps` updates, and on from there.

    then: the rate, or a schedule that begins after the last of them.

    >>> [round(LinearWarmup(2, then=StepDecay(0.1, every=2))(step), 4) for step in range(5)]
    [0.05, 0.1, 0.1, 0.1, 0.01]
    """

    steps: int
    then: float | Callable[[int], float]

    def __post_init__(self) -> None:
        _check_positive(self, steps=self.steps)

    def __call__(self, step: int) -> float:
        later = max(step - self.steps, 0)
        rate = self.then(later) if callable(self.then) else self.then
        return rate * min((step + 1) / self.steps, 1)


def _check_positive(schedule: object, **values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{type(schedule).__name__}: {name} must be above zero, got {value}")
