"""Checks of arguments that several files of the training room take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Metrics = Mapping[str, Callable[[Any, Any], Any]]


def check_metrics(metrics: Metrics) -> Metrics:
    """Return the metrics, if each has a column of the history for itself."""
    measured = ["loss", *metrics]
    columns = ["epoch", "step", "seconds", *measured, *(f"test_{name}" for name in measured)]
    for name, metric in metrics.items():
        if columns.count(name) > 1:
            raise ValueError(f"Trainer: a metric cannot be called {name!r}, which is another column of the history")
        if not callable(metric):
            raise TypeError(f"Trainer: the metric {name!r} is a {type(metric).__name__}; pass a function of (y, t)")
    return metrics
