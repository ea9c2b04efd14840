"""Divergence and curl of vector fields: all columns of the Jacobian go through the graph together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dezero.autodiff.arguments import check_callable
from dezero.core.config import using_config
from dezero.core.registry import operations
from dezero.core.variable import Variable
from dezero.derivatives.operators.linear import Points
from dezero.derivatives.operators.methods import ray_derivatives
from dezero.derivatives.operators.rays import Rays
from dezero.derivatives.tracing import Run, one_point, point_of
from dezero.series.independence import check_batch


def divergence(F: Callable[[Variable], object]) -> Callable[[Points], Variable]:
    """The divergence of a vector field, the sum of dF_i / dx_i, as a function of x.

    F: maps a point (d,) to a vector (d,), or a batch (N, d) to (N, d) row by row; the result has a number for each
    point and is recorded where x, or anything F uses, is a Variable. Raises ValueError for other shapes.

    >>> divergence(lambda x: x**2)(np.array([1.0, 2.0]))
    variable(6.0)
    """

    check_callable("divergence", F)

    def at(x: Points) -> Variable:
        J, recorded = _jacobian("divergence", F, x)
        with using_config("enable_backprop", recorded):
            return operations.sum(operations.stack([J[i][..., i] for i in range(len(J))]), axis=0)

    return at


def curl(F: Callable[[Variable], object]) -> Callable[[Points], Variable]:
    """The curl of a vector field in three dimensions, a vector, or in two, dF_1 / dx_0 - dF_0 / dx_1, as a function.

    Shapes and errors as for divergence, d being 2 or 3.

    >>> curl(lambda x: np.stack([-x[1], x[0]]))(np.array([1.0, 2.0]))
    variable(2.0)
    """

    check_callable("curl", F)

    def at(x: Points) -> Variable:
        J, recorded = _jacobian("curl", F, x, dimensions=(2, 3))

        def turn(i: int, j: int) -> Variable:
            return J[i][..., j] - J[j][..., i]

        with using_config("enable_backprop", recorded):
            return turn(0, 1) if len(J) == 2 else operations.stack([turn(1, 2), turn(2, 0), turn(0, 1)], axis=-1)

    return at


def _jacobian(
    name: str, F: Callable[[Variable], object], x: Points, dimensions: tuple[int, ...] = ()
) -> tuple[Variable, bool]:
    """The derivative in each component, (d, *x.shape), and whether it is recorded."""
    with Run(name, F, (point_of(x),)) as run:
        point = one_point(run, least=1)
        d = point.shape[-1]
        if dimensions and d not in dimensions:
            raise ValueError(f"{name}: x has {d} components; it is defined for {' and '.join(map(str, dimensions))}")
        if len(run.outputs) != 1 or run.outputs[0].shape != point.shape:
            shapes = ", ".join(str(y.shape) for y in run.outputs)
            raise ValueError(
                f"{name}: the field maps x of shape {point.shape} to shape {shapes}; it has to give the same shape"
            )
        check_batch(name, run.outputs[0], point, 1)
        return ray_derivatives(run.outputs[0], point, Rays(1, np.eye(d), np.ones(d)), run.recorded), run.recorded
