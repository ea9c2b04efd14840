"""Gauss-Newton and Levenberg-Marquardt: least squares from first derivatives of the residuals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.core.dtypes import Array
from dezero.core.errors import describe
from dezero.core.variable import Variable
from dezero.derivatives.sweeps import Forward
from dezero.functions import _scipy
from dezero.optimizers.closure_optimizer import ClosureOptimizer, ParameterObjective

_SWEEPS, _ELEMENTS = 1000, 2**24  # "auto" computes the whole Jacobian up to these limits


class LeastSquares(ClosureOptimizer):
    """Base of GaussNewton and LevenbergMarquardt: the loss is half the sum of the squared residuals.

    The function given to `update` returns the residuals, not the loss, as a Variable with one axis or more:
    `update(lambda: model(x) - t)`. damping: mu in (J^T J + mu I) step = -J^T r, with the Jacobian J and the residuals
    r. method: "dense" computes J and its singular values, by one sweep for each residual or each parameter, whichever
    are fewer; "products" computes only products of J with vectors, for SciPy's LSMR (the extra "optimize"); "auto" is
    "dense" while J is small. max_products: the most pairs of products (J v and J^T u) for one step. Raises ValueError
    for arguments out of range.
    """

    limits: ClassVar = {"damping": math.inf}
    whole: ClassVar = ("max_products",)

    def __init__(self, damping: float, method: str = "auto", max_products: int = 200) -> None:
        super().__init__()
        self.damping, name = damping, type(self).__name__
        if method not in ("auto", "dense", "products"):
            raise ValueError(f"{name}: method is {method!r}; give 'dense', 'products' or 'auto'")
        if max_products < 1:
            raise ValueError(f"{name}: max_products is {max_products}; give 1 or more")
        self.method, self.max_products = method, max_products

    def linearized(self, objective: ParameterObjective) -> _Dense | _Products:
        """The residuals where the Parameters are, to first order."""
        if not objective.y.ndim:
            raise ValueError(
                f"{objective.name}.update: the function returned one number, and least squares need the residuals; "
                "return model(x) - t, without square, sum or mean (a single residual as an array of one)"
            )
        if not objective.y.size:
            raise ValueError(f"{objective.name}.update: there are no residuals, {describe(objective.y)}; return some")
        m, n = objective.y.size, objective.x.size
        dense = min(m, n) <= _SWEEPS and m * n <= _ELEMENTS if self.method == "auto" else self.method == "dense"
        return _Dense(objective) if dense else _Products(objective, self.max_products)


class GaussNewton(LeastSquares):
    """Least squares by the Gauss-Newton method, for residuals that are small or nearly linear in the parameters.

    damping: constant; without one, J may have any rank and the step is the shortest that solves. A step is halved until
    the loss falls enough. The other arguments, and the function that `update` takes, are those of LeastSquares.

    J. Nocedal, S. Wright, Numerical Optimization (2nd ed., Springer 2006), section 10.3.

    >>> line, x = dezero.layers.Linear(1, in_size=1), np.array([[0.0], [1.0], [2.0]])
    >>> optimizer = GaussNewton().setup(line)
    >>> loss = optimizer.update(lambda: line(x) - (2 * x + 1))
    >>> line.W, line.b
    (variable([[2.]]), variable([1.]))
    """

    def __init__(self, damping: float = 0.0, method: str = "auto", max_products: int = 200) -> None:
        super().__init__(damping, method, max_products)

    def step(self, objective: ParameterObjective) -> float:
        model = self.linearized(objective)
        step = model.step(self.damping)
        slope = float(model.slope @ step)
        while slope < 0 and _moves(objective, step):
            if _half_square(objective.at(objective.x + step)) <= model.loss + 1e-4 * slope:
                return model.loss
            step, slope = step / 2, slope / 2
        objective.restore()
        return model.loss


class LevenbergMarquardt(LeastSquares):
    """Least squares by the Levenberg-Marquardt method, whose damping grows until the loss falls.

    damping: the first one, in the order of 1e-3 times the diagonal of J^T J; adapted from then on. The other arguments,
    and the function that `update` takes, are those of LeastSquares.

    K. Madsen, H. B. Nielsen, O. Tingleff, Methods for Non-Linear Least Squares Problems (2nd ed., DTU 2004), section
    3.2.

    >>> layer, t = dezero.layers.Layer(), np.linspace(0, 1, 5)
    >>> layer.w = dezero.Parameter(np.array([1.0, 1.0]))
    >>> optimizer = LevenbergMarquardt().setup(layer)
    >>> for _ in range(10):
    ...     loss = optimizer.update(lambda: layer.w[0] * np.exp(layer.w[1] * t) - 2 * np.exp(-3 * t))
    >>> layer.w
    variable([ 2. -3.])
    """

    def __init__(self, damping: float = 1e-3, method: str = "auto", max_products: int = 200) -> None:
        super().__init__(damping, method, max_products)
        if not damping > 0:
            raise ValueError("LevenbergMarquardt: damping is 0, which cannot grow; give a number above, or GaussNewton")

    def step(self, objective: ParameterObjective) -> float:
        model = self.linearized(objective)
        damping, growth = self.damping, 2.0
        while True:
            step = model.step(damping)
            promised = float(step @ (damping * step - model.slope)) / 2
            if not (promised > 0 and _moves(objective, step)):
                objective.restore()
                return model.loss
            fall = model.loss - _half_square(objective.at(objective.x + step))
            if fall > 0:  # False for nan
                least = float(np.finfo(objective.packing.dtype).tiny)
                self.damping = max(damping * max(1 / 3, 1 - (2 * fall / promised - 1) ** 3), least)
                return model.loss
            damping, growth = damping * growth, 2 * growth
            model = model.again()


class _Dense:
    """The residuals and their Jacobian as numbers."""

    def __init__(self, objective: ParameterObjective) -> None:
        self.r, self.slope = _residuals(objective)
        self.loss = _half_square(objective.y)
        rows = objective.y.size <= objective.x.size
        jacobian = objective.finite((_rows if rows else _columns)(objective), "the Jacobian of the residuals")
        self.u, self.s, self.v = np.linalg.svd(jacobian, full_matrices=False)

    def step(self, damping: float) -> Array:
        least = np.finfo(self.s.dtype).eps * max(len(self.r), len(self.slope)) * self.s[0]
        kept = self.s > (0 if damping else least)
        u, s, v = self.u[:, kept], self.s[kept], self.v[kept]
        return -((u.T @ self.r) * (s / (s * s + damping))) @ v

    def again(self) -> _Dense:
        return self


class _Products:
    """The residuals and the graph that multiplies vectors by their Jacobian.

    D. Fong, M. Saunders, LSMR, SIAM J. Sci. Comput. 33 (2011) 2950.
    """

    def __init__(self, objective: ParameterObjective, most: int) -> None:
        self.objective, self.most = objective, most
        self.r, self.slope = _residuals(objective)
        self.loss = _half_square(objective.y)

    def step(self, damping: float) -> Array:
        at, y = self.objective, self.objective.y
        forward = Forward(at.name, [y], at.params)

        def along(v: Array) -> Array:
            moves: dict[Variable, list[Array]] = {p: [w] for p, w in zip(at.params, at.parts(v), strict=True)}
            moved = forward(moves, 1, False)[0].data.ravel()
            return at.finite(moved, "the Jacobian of the residuals").astype(np.float64)

        def back(u: Array) -> Array:
            found = gradients(y, at.params, u.reshape(y.shape).astype(y.dtype))
            return at.packed(list(found), "the Jacobian of the residuals").astype(np.float64)

        solvers = _scipy.sparse.linalg
        jacobian = solvers.LinearOperator((y.size, at.x.size), matvec=along, rmatvec=back, dtype=np.float64)
        found = solvers.lsmr(jacobian, -self.r.astype(np.float64), damp=math.sqrt(damping), maxiter=self.most)[0]
        return found.astype(at.packing.dtype)

    def again(self) -> _Products:
        """Move back to the start and record the graph again: a refused step has moved the Parameters."""
        self.objective.at(self.objective.x)
        return self


def _residuals(objective: ParameterObjective) -> tuple[Array, Array]:
    """The residuals and the gradient of their half square, as vectors."""
    r = objective.finite(objective.y.data, "the loss")
    return r.ravel().astype(objective.packing.dtype), objective.packed(objective.slopes(r), "the gradient of the loss")


def _rows(objective: ParameterObjective) -> Array:
    y = objective.y
    jacobian = np.empty((y.size, objective.x.size), objective.packing.dtype)
    for i, unit in enumerate(_units(y)):
        jacobian[i] = objective.packing.packed(list(gradients(y, objective.params, unit)), "a row of the Jacobian")
    return jacobian


def _columns(objective: ParameterObjective) -> Array:
    forward = Forward(objective.name, [objective.y], objective.params)
    columns = [forward({p: [unit]}, 1, False)[0].data.ravel() for p in objective.params for unit in _units(p)]
    return np.stack(columns, axis=1).astype(objective.packing.dtype)


def _units(x: Variable) -> Iterator[Array]:
    for place in range(x.size):
        unit = np.zeros(x.shape, x.dtype)
        unit.flat[place] = 1
        yield unit


def _half_square(residuals: Variable) -> float:
    r = residuals.data.ravel().astype(np.float64)
    return float(r @ r) / 2


def _moves(objective: ParameterObjective, step: Array) -> bool:
    """Whether a step is more than rounding."""
    least = float(np.finfo(step.dtype).eps) * float(np.linalg.norm(objective.x))
    return float(np.linalg.norm(step)) > least
