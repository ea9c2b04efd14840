"""Activation functions of neural networks."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.op import elementwise


def _sigmoid(x: Any) -> Any:
    return np.tanh(x * 0.5) * 0.5 + 0.5  # no overflow for any x


sigmoid = elementwise(
    "sigmoid",
    _sigmoid,
    lambda F, g, x, y: g * (y * (1 - y)),
    doc="""Logistic function 1 / (1 + exp(-x)).

    >>> sigmoid(Variable(np.array(0.0)))
    variable(0.5)
    """,
)

relu = elementwise(
    "relu",
    lambda x: np.maximum(x, 0),
    lambda F, g, x, y: g * F.greater(x, 0),
    doc="""Rectifier max(x, 0); its derivative at 0 is 0.

    >>> relu(Variable(np.array([-1.0, 2.0])))
    variable([0. 2.])
    """,
)
