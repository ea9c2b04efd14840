"""An equation about a point: its residual, and the linear equations with its Jacobian there."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from dezero.core.dtypes import Array, Plain
from dezero.core.fingerprint import Unlike
from dezero.core.reading import Reading
from dezero.derivatives.implicit.convergence import ConvergenceError
from dezero.derivatives.implicit.factors import Factors, singular
from dezero.derivatives.implicit.krylov import NotConverged, solved
from dezero.derivatives.implicit.programs import Programs
from dezero.rewriting.program import Call, on_arrays

# Unknowns: with more, products with the Jacobian take the place of its LU factors (measured: benchmarks/implicit.py).
_DENSE = 200
_LARGEST = 5000  # unknowns of a Jacobian that is factored where the products alone do not lead to the solution
# Relative residuals that tell a multiple root; and, over the root of the size, the part of a random vector that a
# singular Jacobian does not reach.
_ROUGH, _FOUND = 0.1, 0.02
_LENGTHS = (1, 2**12, 2**24, 2**36, 2**48)  # of steps over which the Jacobian is to stay nearly the same, one of them
_STEPS = 20  # of Newton's method, from a root to one nearby


def _has_scipy() -> bool:
    try:
        import scipy.sparse  # noqa: F401
    except ImportError:
        return False
    return True


class Joined(NamedTuple):
    """The cotangents of all arguments of an operation, found from that of its result (a weak reference)."""

    cotangent: weakref.ref[Any]
    kind: object
    reading: Reading[Any]
    arguments: Sequence[Any]
    found: Sequence[Any]

    def serves(self, cotangent: object, kind: object, reading: object, arguments: Sequence[Any]) -> bool:
        """Whether these are asked for again: two solutions of one equation may have the same cotangent."""
        if self.cotangent() is not cotangent or self.kind != kind or self.reading is not reading:
            return False
        return all([a is b for a, b in zip(self.arguments, arguments, strict=True)])


class Linearisation:
    """An equation about a point, often its solution.

    programs: of its residual. constants: the last inputs of these. point: arrays of the unknown and of all that the
    equation depends on. solver: of linear equations, as in checks.py. symmetric: whether the Jacobian is.
    """

    def __init__(
        self,
        name: str,
        programs: Programs,
        constants: Sequence[Plain],
        point: Sequence[Array],
        solver: str = "auto",
        symmetric: bool = False,
    ) -> None:
        self.name, self.programs, self.constants, self.point = name, programs, constants, point
        self.solver, self.symmetric = solver, symmetric
        self._checked = False
        self.mark = Unlike()  # makes the keys of its operations differ from those of every other equation
        self.last: Joined | None = None

    @property
    def inputs(self) -> Sequence[Any]:
        return [*self.point, *self.constants]

    def about(self, point: Sequence[Array]) -> Linearisation:
        """The equation about another point."""
        programs = self.programs.elsewhere()
        found = Linearisation(self.name, programs, self.constants, point, self.solver, self.symmetric)
        found.dense = self.dense  # an iteration that has failed here is not tried again
        return found

    def at(self, point: Sequence[Array]) -> Linearisation:
        """The equation about another point, or this one where it is the same."""
        same = all([a is b or np.array_equal(a, b) for a, b in zip(point, self.point, strict=True)])
        return self if same else self.about(point)

    # -- programs in any reading: call runs a step in it ---------------------------------------------------------

    def pulled(self, call: Call, point: Sequence[object], w: object) -> Sequence[Any]:
        """The derivatives of <w, residual> in what the equation depends on."""
        return self.programs.pulled(self.inputs).run(call, [*point, *self.constants, w])

    def curved(self, call: Call, point: Sequence[object], v: object, x: object) -> Sequence[Any]:
        """The derivatives of <v, J x> in the point."""
        return self.programs.curved(self.inputs).run(call, [*point, *self.constants, v, x])

    def pushed(self, call: Call, point: Sequence[object], moving: dict[int, Any]) -> Any:
        """The tangent of the residual. moving: place in the point -> tangent."""
        program = self.programs.pushed(self.inputs, tuple(moving))
        return program.run(call, [*point, *self.constants, *moving.values()])[0]

    def product(self, call: Call, point: Sequence[object], x: object, transposed: bool) -> Any:
        """J x, or J^T x."""
        program = self.programs.product(transposed and not self.symmetric, self.inputs)
        return program.run(call, [*point, *self.constants, x])[0]

    # -- numbers ---------------------------------------------------------------------------------------------------

    @functools.cached_property
    def outputs(self) -> Sequence[Any]:
        """The residual, and what else its program computes."""
        return self.programs.residual.run(on_arrays, self.inputs)

    @property
    def value(self) -> Array:
        """The residual."""
        return np.asarray(self.outputs[0])

    def solve(self, b: Array, transposed: bool = False, tolerance: float | None = None) -> Array:
        """The x with J x = b, or J^T x = b. tolerance: the relative residual that is enough, for an iteration."""
        if self.dense:
            return self.factors.solve(b, transposed)
        try:
            return solved(self.linear_map(transposed), b, self._method, tolerance)
        except NotConverged as error:
            if self.solver != "auto" or b.size > _LARGEST:
                raise ConvergenceError(
                    f"{self.name}: the linear equations with the Jacobian of the residual, {b.size} by {b.size}, were "
                    f"not solved: {error}. The Jacobian is singular or ill-conditioned; scale the equations and the "
                    "unknowns to sizes near 1, multiply the residual by an approximate inverse of its Jacobian, or say "
                    "linear_solver='dense'"
                ) from None
            self.dense = True
            return self.factors.solve(b, transposed)

    @functools.cached_property
    def dense(self) -> bool:
        """Whether linear equations are solved by the Jacobian's factors."""
        if self.solver == "auto":
            return self.point[0].size <= _DENSE or not _has_scipy()
        return self.solver == "dense"

    @property
    def _method(self) -> str:
        return self.solver if self.solver != "auto" else "cg" if self.symmetric else "gmres"

    @functools.cached_property
    def matrix(self) -> Array:
        """The Jacobian."""
        size = self.point[0].size
        columns = list(map(self.linear_map(False), np.eye(size, dtype=self.value.dtype)))
        return np.array(columns).T if columns else np.zeros((size, 0), self.value.dtype)

    @functools.cached_property
    def factors(self) -> Factors:
        return Factors(self.name, self.matrix)

    def linear_map(self, transposed: bool) -> Callable[[Array], Array]:
        """x -> J x, or J^T x."""
        transposed = transposed and not self.symmetric
        if transposed not in self._maps:
            self._maps[transposed] = self.programs.product(transposed, self.inputs).in_last(*self.inputs)
        return self._maps[transposed]

    @functools.cached_property
    def _maps(self) -> dict[bool, Callable[[Array], Array]]:
        return {}

    def root_of(self, inputs: Sequence[Array]) -> Array:
        """The root for other inputs, by Newton's method from this one: for a graph that runs again on other numbers."""
        z = self.point[0]
        if self.at([z, *inputs]) is self:
            return z.copy()
        for _ in range(_STEPS):
            there = self.about([z, *inputs])
            step = there.solve(-there.value)
            z = z + step
            if not np.max(np.abs(step), initial=0.0) > 8 * np.finfo(z.dtype).eps * np.max(np.abs(z), initial=0.0):
                break
        return z

    # -- checks ----------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """LinAlgError where the Jacobian is singular to the precision at hand, or the root is multiple."""
        if not self._checked:
            if self.dense:
                self.factors.check()
            self._check_simple()
            self._checked = True

    def _check_simple(self) -> None:
        """LinAlgError where the Jacobian changes by its own size within the uncertainty of the root.

        The uncertainty is that of one more Newton step, with the rounding error of the residual; by the theorem of
        Kantorovich: L. Kantorovich, G. Akilov, Functional Analysis (2nd ed., Pergamon 1982), chapter XVIII. Where terms
        cancel, rounding errors are larger than estimated, and hide the change at first but not over a longer step. Of a
        multiple root, the change only grows with the step.
        """
        r = self.value
        step = self.solve(-r - self._rounding(), tolerance=_FOUND / max(1, r.size) ** 0.5)
        if not np.any(step):
            return
        for length in _LENGTHS:  # the longer ones only where a shorter one was in doubt: far away a residual costs much
            if self._is_linear(step * length):
                return
        raise singular(self.name, np.broadcast_to(r, (r.size, r.size)))

    def _is_linear(self, step: Array) -> bool:
        """Whether the Jacobian changes by less than a fifth over a step."""
        z = self.point[0]
        with np.errstate(all="ignore"):
            change = self.about([z + step, *self.point[1:]]).value - self.value
            if self.dense:
                bend = self.factors.solve(np.asarray(change)) - step
            else:
                bend = self.solve(change - self.linear_map(False)(step), tolerance=_ROUGH)
        return bool(np.max(np.abs(bend)) <= 0.2 * np.max(np.abs(step)))

    def _rounding(self) -> Array:
        """64 times the rounding error of the residual, eps |J| |z|, of the residual's signs.

        Where J is known by its products, it is estimated by the product with z under random signs, and has random
        signs, so that it has a part outside of what a singular J reaches.
        """
        z, r = self.point[0], self.value
        unit = 64 * np.finfo(r.dtype).eps
        if self.dense:
            return np.where(r < 0, -1, 1) * unit * (np.abs(self.matrix) @ np.abs(z))
        signs = np.random.default_rng(0).choice([-1.0, 1.0], (2, z.size)).astype(z.dtype)
        sizes = np.abs(self.linear_map(False)(signs[0] * z if np.any(z) else signs[0]))
        found: Array = signs[1] * unit * np.maximum(sizes, np.mean(sizes))
        return found
