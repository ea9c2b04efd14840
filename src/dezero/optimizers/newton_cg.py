"""Truncated Newton: conjugate gradients on the exact Hessian, within a trust region."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.core.dtypes import Array
from dezero.optimizers.closure_optimizer import ClosureOptimizer, ParameterObjective


class NewtonCG(ClosureOptimizer):
    """Newton's method by Hessian-vector products, for thousands of parameters.

    radius: how far the first step may go, in the norm of all parameters together; adapted from then on.
    forcing: the residual, in parts of the gradient, at which conjugate gradients end; None adapts it, which keeps the
    convergence superlinear. max_products: Hessian-vector products an update at most. Memory: as many vectors. A
    product costs about two gradients.

    T. Steihaug, SIAM J. Numer. Anal. 20 (1983) 626; S. Eisenstat, H. Walker, SIAM J. Sci. Comput. 17 (1996) 16,
    choice 2; J. Nocedal, S. Wright, Numerical Optimization (2nd ed., Springer 2006), algorithms 4.1 and 7.2.

    >>> layer = dezero.layers.Layer()
    >>> layer.w = dezero.Parameter(np.array([-1.2, 1.0]))
    >>> optimizer = NewtonCG().setup(layer)
    >>> for _ in range(40):
    ...     loss = optimizer.update(lambda: 100 * (layer.w[1] - layer.w[0] ** 2) ** 2 + (1 - layer.w[0]) ** 2)
    >>> layer.w
    variable([1. 1.])
    """

    limits: ClassVar = {"radius": math.inf}
    whole: ClassVar = ("max_products",)

    def __init__(self, radius: float = 1.0, forcing: float | None = None, max_products: int = 200) -> None:
        super().__init__()
        self.radius = radius
        if not radius > 0:
            raise ValueError(f"NewtonCG: radius is {radius}; give a length above 0")
        if forcing is not None and not 0 <= forcing < 1:
            raise ValueError(f"NewtonCG: forcing is {forcing}; give a number from 0 up to 1, or None")
        if max_products < 1:
            raise ValueError(f"NewtonCG: max_products is {max_products}; give 1 or more")
        self.forcing, self.max_products = forcing, max_products
        self.slope_norm = 0.0  # at the update before

    def step(self, objective: ParameterObjective) -> float:
        loss = objective.number()
        slopes = objective.slopes(create_graph=True)
        slope = objective.packed(slopes, "the gradient of the loss")
        size = float(np.linalg.norm(slope))
        if not size:
            return loss

        def product(v: Array) -> Array:
            found = gradients(slopes, objective.params, objective.parts(v))
            return objective.packed(list(found), "the Hessian of the loss")

        path = _path(product, slope, self.radius, self._forcing_term(size) * size, self.max_products)
        self.radius = self._tried(objective, loss, path)
        self.slope_norm = size
        return loss

    def _forcing_term(self, size: float) -> float:
        if self.forcing is not None:
            return self.forcing
        # An update costs about three products before conjugate gradients begin: above 0.1 they would gain too little.
        return min(0.1, 0.9 * (size / self.slope_norm) ** 2) if self.slope_norm else 0.1

    def _tried(self, objective: ParameterObjective, loss: float, path: list[_Segment]) -> float:
        """Go along the path as far as the loss falls about as the quadratic model does; returns the next radius."""
        radius = self.radius
        eps = float(np.finfo(objective.packing.dtype).eps)
        noise = 10 * eps * abs(loss)  # A. Conn, N. Gould, P. Toint, Trust-Region Methods (SIAM 2000), section 17.4.2
        while True:
            step, promised = _along(path, radius)
            length = float(np.linalg.norm(step))
            if length <= eps * float(np.linalg.norm(objective.x)) or not promised > 0:
                objective.restore()
                return self.radius
            y = objective.at(objective.x + step)
            fall = loss - float(y.data.sum())
            ratio = (fall + noise) / (promised + noise) if math.isfinite(fall) else -math.inf
            if ratio < 0.25:
                radius = length / 4
            elif ratio > 0.75 and length > 0.99 * radius:
                radius *= 2
            if ratio > 1e-4:
                return radius


@dataclass(frozen=True)
class _Segment:
    """One line of the path: after t times `direction` the quadratic model has fallen by t fall - t^2 curvature / 2."""

    direction: Array
    length: float  # the largest t; inf where the curvature is not positive
    fall: float
    curvature: float


def _path(product: Callable[[Array], Array], slope: Array, radius: float, enough: float, most: int) -> list[_Segment]:
    """The path of conjugate gradients on H p = -slope, until it leaves the radius or the residual is at most `enough`.

    Along the path |p| grows and the model falls (Steihaug, theorem 2.1). So the path for a smaller radius is the first
    part of this one, and a refused step costs no further products.
    """
    path: list[_Segment] = []
    p, r, d = np.zeros_like(slope), slope, -slope
    fall = float(r @ r)
    for _ in range(most):
        product_d = product(d)
        curvature = float(d @ product_d)
        length = fall / curvature if curvature > 0 else math.inf
        path.append(_Segment(d, length, fall, curvature))
        if length >= _until(p, d, radius):
            break
        p = p + length * d
        r = r + length * product_d
        last, fall = fall, float(r @ r)
        if math.sqrt(fall) <= enough:
            break
        d = (fall / last) * d - r
    return path


def _along(path: list[_Segment], radius: float) -> tuple[Array, float]:
    """The last point of the path inside a radius, and how far the model falls up to that point."""
    p, fall = np.zeros_like(path[0].direction), 0.0
    for line in path:
        t = min(line.length, _until(p, line.direction, radius))
        p = p + t * line.direction
        fall += t * line.fall - t * t * line.curvature / 2
        if t < line.length:
            break
    return p, fall


def _until(p: Array, d: Array, radius: float) -> float:
    """The t > 0 at which p + t d has the norm `radius`, for p inside it."""
    a, b, c = float(d @ d), float(p @ d), float(p @ p) - radius * radius
    if c >= 0 or not a:
        return 0.0
    return (math.sqrt(b * b - a * c) - b) / a
