"""Where to evaluate: `2`, `x=1,y=pi/2` or `-2:2:9` (start, stop and how many points, both ends included)."""

from __future__ import annotations

import unicodedata

import numpy as np
from numpy.typing import NDArray

from dezero.cli.errors import UsageError
from dezero.cli.expression import Expression, constant

MOST_POINTS = 1_000_000
Points = dict[str, NDArray[np.float64]]


def points(text: str, expression: Expression, option: str = "--at") -> Points:
    """Return the values of each variable, 0-d arrays, or all of shape (n,) where one is a range of n.

    An expression without variables has a function of x. Ranges of several variables are walked together.

    Raises UsageError for a variable that is missing, repeated or unknown and for ranges of different lengths,
    ExpressionError for what is no number.
    """
    variables = expression.variables or ("x",)
    given: Points = {}
    for item in text.split(","):
        name, equals, value = item.rpartition("=")
        name = unicodedata.normalize("NFKC", name.strip())  # as Python reads names
        if not equals:
            if len(variables) > 1:
                raise UsageError(f"{option} {text}: say which variable is meant: {_example(variables, option)}")
            name = variables[0]
        if name not in variables:
            raise UsageError(f"{option} {text}: {name!r} is no variable of the expression ({', '.join(variables)})")
        if name in given:
            raise UsageError(f"{option} {text}: {name} is given twice")
        given[name] = _values(value, option)
    missing = [name for name in variables if name not in given]
    if missing:
        raise UsageError(f"{option} {text}: no value for {', '.join(missing)}: {_example(variables, option)}")
    try:
        together = np.broadcast_arrays(*(given[name] for name in variables))
    except ValueError:
        lengths = ", ".join(f"{name}: {len(values)}" for name, values in given.items() if values.ndim)
        raise UsageError(f"{option} {text}: the ranges must have the same number of points ({lengths})") from None
    return dict(zip(variables, together, strict=True))


def _values(text: str, option: str) -> NDArray[np.float64]:
    parts = text.split(":")
    if len(parts) == 1:
        return np.array(constant(text))
    if len(parts) != 3 or not parts[2].strip().isdecimal():
        raise UsageError(f"{option} {text}: a range is start:stop:count, such as -2:2:9")
    start, stop, count = constant(parts[0]), constant(parts[1]), int(parts[2])
    if not 1 <= count <= MOST_POINTS:
        raise UsageError(f"{option} {text}: a range has 1 to {MOST_POINTS} points")
    return np.linspace(start, stop, count)


def _example(variables: tuple[str, ...], option: str) -> str:
    return f"{option} " + ",".join(f"{name}=1" for name in variables)
