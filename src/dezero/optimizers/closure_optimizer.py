"""Optimizers that call the loss function themselves, as often as they need, at parameters of their choice."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.core.config import using_config
from dezero.core.dtypes import Array, is_real
from dezero.core.errors import describe
from dezero.core.variable import ArrayLike, Parameter, Variable, wrap
from dezero.derivatives.packing import Packing
from dezero.optimizers.optimizer import Optimizer


class ParameterObjective:
    """A function of Parameters, seen as a function of one vector; a `with` block that raises restores the Parameters.

    params: returns the Parameters. f: takes no arguments and returns a real Variable computed from their current data.
    x: their data at the start, as one vector. y: what the last call of f returned; its graph holds until they move.
    """

    def __init__(self, name: str, params: Callable[[], list[Parameter]], f: Callable[[], object] | None) -> None:
        if not callable(f):
            raise TypeError(
                f"{name}.update: the loss function is {describe(f)}; give a function that computes the loss from the "
                "model's current parameters: update(lambda: F.mean_squared_error(model(x), t))"
            )
        self.name, self.f = name, f
        self.y = self._called()  # makes the data of Parameters whose shape depends on the input
        self.params = [p for p in params() if p.data is not None]
        if not self.params:
            raise ValueError(f"{name}.update: the target has no Parameter that holds data; set up a layer that learns")
        self._held = [p.data for p in self.params]
        for data in self._held:
            if not isinstance(data, np.ndarray):
                raise TypeError(f"{name}.update: a Parameter holds a {type(data)}; move the model with to_cpu() first")
        self.packing = Packing(f"{name}.update", self.params, "the target")
        self.x = self.packing.vector

    def __enter__(self) -> ParameterObjective:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.restore()

    def move(self, x: Array) -> None:
        """Give the Parameters the values of a vector, in new arrays."""
        for p, data in zip(self.params, self.parts(x), strict=True):
            p.data = data

    def at(self, x: Array) -> Variable:
        """Move the Parameters to a vector, and return f there."""
        self.move(x)
        self.y = self._called()
        return self.y

    def restore(self) -> None:
        """Give the Parameters back the arrays that they held."""
        for p, data in zip(self.params, self._held, strict=True):
            p.data = data

    def parts(self, x: Array) -> list[Array]:
        """A vector as one array for each Parameter, of its shape and dtype."""
        values = self.packing.values(np.asarray(x, self.packing.dtype))
        return [v.data.astype(p.dtype, copy=False) for p, v in zip(self.params, values, strict=True)]

    def packed(self, parts: list[Variable], what: str) -> Array:
        """Finite derivatives, one for each Parameter, as a vector."""
        return self.finite(self.packing.packed(parts, what), what)

    def slopes(self, weights: ArrayLike | None = None, create_graph: bool = False) -> list[Variable]:
        """The derivative of y, weighted and added, in each Parameter; ValueError where it depends on none."""
        found = gradients(self.y, self.params, weights, create_graph, unused="none")
        if all([g is None for g in found]):
            raise ValueError(
                f"{self.name}.update: the loss depends on no Parameter of the target; compute it inside the loss "
                "function, from the model that was set up"
            )
        return [wrap(np.zeros_like(p.data)) if g is None else g for p, g in zip(self.params, found, strict=True)]

    def number(self) -> float:
        """y, which has to be one finite number."""
        if self.y.size != 1:
            raise ValueError(f"{self.name}.update: the loss is a {describe(self.y)}; return one number (a sum or mean)")
        return float(self.finite(self.y.data, "the loss").item())

    def finite(self, a: Array, what: str) -> Array:
        """The array itself; FloatingPointError where it holds inf or nan."""
        if not np.all(np.isfinite(a)):
            raise FloatingPointError(
                f"{self.name}.update: {what} is not finite at these parameters; look at the data, the initial weights "
                "and what the loss divides by or takes a root or logarithm of"
            )
        return a

    def _called(self) -> Variable:
        with using_config("enable_backprop", True):
            y = self.f()
        if not isinstance(y, Variable):
            raise TypeError(
                f"{self.name}.update: the loss function returned {describe(y)}; return the Variable that dezero's "
                "functions make, without .data"
            )
        if y.data is None or not is_real(y):
            raise TypeError(f"{self.name}.update: the loss function returned {describe(y)}; return real numbers")
        return y


class ClosureOptimizer(Optimizer):
    """Base of the optimizers whose `update` must be given the loss function; subclasses define `step`.

    They find the derivatives that they need themselves and leave every `.grad` as it is. The function is called several
    times an update and has to give the same loss for the same parameters: one batch, no dropout.
    """

    def update(self, loss_function: Callable[[], Variable] | None = None) -> Variable:
        """Change the Parameters so that the loss falls; returns the loss before that, without its graph.

        loss_function: takes no arguments and computes the loss from the target's current Parameters. Raises
        RuntimeError before `setup`, TypeError for no function or one that returns no real Variable, ValueError for a
        loss that is not one number or depends on no Parameter, FloatingPointError for one that is not finite or has no
        finite derivatives. After any error, also of the function itself, all Parameters are as they were.
        """
        self.params()
        self._follow(self._schedules)
        with ParameterObjective(type(self).__name__, self.params, loss_function) as objective:
            loss = self.step(objective)
        self.step_count += 1
        return wrap(np.asarray(loss, objective.packing.dtype))

    def step(self, objective: ParameterObjective) -> float:
        """Move the objective's Parameters; returns the loss that they had."""
        raise NotImplementedError(f"{type(self).__name__} defines no step(self, objective): say there how to step")

    def add_hook(self, hook: object) -> None:
        """TypeError: a hook would change gradients alone, and part them from the loss whose curvature counts here."""
        raise TypeError(
            f"{type(self).__name__}.add_hook: changed gradients would contradict the loss; add penalties to the loss "
            "itself, and set up only the layers that are to learn"
        )
