"""Certificate: the result of a certification, with errors by reading and order, conditions and failures."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dezero.core.dtypes import Array


@dataclass(frozen=True)
class Failure:
    """One thing that an operation got wrong; its text names operation, check, order, expected and got."""

    operation: str
    check: str
    message: str
    order: int | None = None

    def __str__(self) -> str:
        where = self.check if self.order is None else f"{self.check}, order {self.order}"
        return f"{self.operation} [{where}]: {self.message}"


@dataclass
class Certificate:
    """The record of one certified case.

    errors: reading -> order -> largest relative error. conditions: name -> "" where it held, else why it does not
    apply. attempted: reading -> the order aimed at. stopped: reading -> why it went no further. orders, limit: the
    highest order of the case, and why if it is under 10. against: the route of the orders' references.
    """

    operation: str
    title: str
    orders: int
    limit: str = ""
    against: str = ""
    errors: dict[str, dict[int, float]] = field(default_factory=dict)
    conditions: dict[str, str] = field(default_factory=dict)
    attempted: dict[str, int] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.failures

    def saw(self, reading: str, order: int, error: float) -> None:
        """Record an error; the largest of several remains."""
        seen = self.errors.setdefault(reading, {})
        seen[order] = max(seen.get(order, 0.0), error)

    def aims(self, reading: str, order: int) -> None:
        self.attempted[reading] = max(self.attempted.get(reading, 0), order)

    def fail(self, check: str, message: str, order: int | None = None) -> None:
        failure = Failure(self.title, check, message, order)
        if failure not in self.failures:
            self.failures.append(failure)

    def report(self) -> str:
        """All failures, a line each, or one line that says how far it was certified."""
        if self.failures:
            return "\n".join(str(f) for f in self.failures)
        reached = [f"{reading} to order {max(seen)}" for reading, seen in self.errors.items() if seen]
        return f"{self.title}: certified {', '.join(reached)}"


def difference(got: object, expected: object, scale: Array | float | None = None) -> tuple[float, str]:
    """The largest error relative to the scale of each element (its own size if None), and where it is, in words.

    An infinite or undefined element must be matched exactly; a shape that differs is an infinite error.
    """
    got, expected = np.asarray(got), np.asarray(expected)
    if got.shape != expected.shape:
        return np.inf, f"expected shape {expected.shape}, got shape {got.shape}"
    if not got.size:
        return 0.0, ""
    scale = np.abs(expected) if scale is None else scale
    scale = np.where(np.isfinite(scale) & (scale > 0), scale, 1.0)
    with np.errstate(all="ignore"):
        equal = (got == expected) | (np.isnan(got) & np.isnan(expected))
        error = np.where(equal, 0.0, np.abs(got - expected) / scale)
    error = np.where(np.isnan(error), np.inf, error)
    index = np.unravel_index(np.argmax(error), error.shape)
    place = f" at {tuple(int(i) for i in index)}" if got.ndim else ""
    worst = float(error[index])
    return worst, f"expected {expected[index]:.17g}, got {got[index]:.17g}{place} (relative error {worst:.1e})"


def words(error: BaseException) -> str:
    """An exception in a line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
