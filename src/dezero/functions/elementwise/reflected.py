"""Differences and quotients with their arguments the other way round, under DeZero's names."""

from __future__ import annotations

from dezero.core.arithmetic import div, sub
from dezero.core.declare import publish
from dezero.core.variable import ArrayLike, Variable


def rsub(x0: ArrayLike, x1: ArrayLike) -> Variable:
    """x1 - x0; ValueError for shapes that do not broadcast.

    >>> rsub(Variable(np.array(1.0)), 3.0)
    variable(2.0)
    """
    return sub(x1, x0)


def rdiv(x0: ArrayLike, x1: ArrayLike) -> Variable:
    """x1 / x0; ValueError for shapes that do not broadcast.

    >>> rdiv(Variable(np.array(2.0)), 3.0)
    variable(1.5)
    """
    return div(x1, x0)


publish("rsub", rsub)
publish("rdiv", rdiv)
