"""An equation in an unknown tree of arrays, as a function of one vector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dezero.autodiff.arguments import calling_on, check_callable
from dezero.core.arraylike import raw
from dezero.core.call import apply, operand
from dezero.core.config import recording
from dezero.core.dtypes import Array, is_complex
from dezero.core.errors import describe
from dezero.core.registry import operations
from dezero.core.variable import Variable, argument, tick
from dezero.core.watch.watching import watching
from dezero.derivatives.implicit.linearisation import Linearisation
from dezero.derivatives.implicit.recording import record
from dezero.derivatives.implicit.roots import root
from dezero.derivatives.packing import Packing
from dezero.derivatives.trees import flatten, returned


class Equation:
    """residual(z, *parameters) as a function of one vector and a list of Variables.

    solver: of linear equations with the Jacobian, symmetric: whether that is (see Linearisation).
    """

    option, sought, what = "solve", "root", "residual"  # of the caller, for errors: the option with the user's solver

    def __init__(
        self,
        name: str,
        residual: Callable[..., object],
        guess: object,
        parameters: tuple[object, ...],
        solver: str = "auto",
        symmetric: bool = False,
        guessed: str = "guess",
    ) -> None:
        check_callable(name, residual)
        self.name, self.residual, self.solver, self.symmetric = name, residual, solver, symmetric
        self.unknown = Packing(name, guess, guessed)
        self.given, self.parameters = flatten(parameters)
        self.places = [i for i, leaf in enumerate(self.given) if isinstance(leaf, Variable)]
        self.inputs = [operand(self.given[i], name) for i in self.places]
        self._last: Linearisation | None = None  # about the last point
        self._used: list[Variable] = []  # what the last run of the residual depended on
        # whether the residual and its derivatives are the same lists of operations at each point
        self._everywhere = False

    def __call__(self, xs: list[Variable]) -> list[Variable]:
        """The residual as a vector, of the unknown as a vector and of the Variables among the parameters.

        What else is wanted of it can follow as further outputs.
        """
        return [self._vector(self.called(xs))]

    def called(self, xs: list[Variable]) -> Any:
        """What the user's function returns."""
        z, *moving = xs
        given = list(self.given)
        for i, x in zip(self.places, moving, strict=True):
            given[i] = x
        return self.residual(self.unknown.unpacked(z), *self.parameters(given))

    def _vector(self, found: object) -> Variable:
        leaves, _ = returned(self.name, found)
        for leaf in leaves:
            if is_complex(leaf):
                raise TypeError(
                    f"{self.name}: the function returned a {describe(leaf)} for a real unknown; give the real and "
                    "imaginary parts of the unknown and of the equations as numbers of their own"
                )
        size, wanted = sum(leaf.size for leaf in leaves), self.unknown.vector.size
        if size != wanted:
            raise ValueError(
                f"{self.name}: the residual has {size} numbers and the unknown {wanted}; give as many equations as "
                "unknowns"
            )
        flat = [leaf if leaf.ndim == 1 else operations.reshape(leaf, (leaf.size,)) for leaf in leaves]
        return flat[0] if len(flat) == 1 else operations.concatenate(flat, axis=0)

    def at(self, z: Array) -> Linearisation:
        """The equation about a point. The residual is called, unless the operations of its last run are known to be
        those of every point."""
        last = self._last
        if last is None or last.point[0] is not z:
            last = self._last = last.about([z, *last.point[1:]]) if last and self._everywhere else self._run(z)
        return last

    def _run(self, z: Array) -> Linearisation:
        born = tick()
        leaves: list[Variable] = [argument(z), *[argument(x._data) for x in self.inputs]]
        with calling_on(leaves), watching() as watch:  # the residual may take derivatives, as of an energy
            outputs = self(leaves)
        programs, constants, captured = record(self.name, leaves, outputs, born)
        self._used = [*self.inputs, *captured]
        self._everywhere = programs.lasting and not (watch.read or watch.compared)
        point = [z, *[x._data for x in self._used]]
        about = Linearisation(self.name, programs, constants, point, self.solver, self.symmetric)
        about.outputs = [y._data for y in outputs]
        return about

    def on_trees(self, z: object) -> Any:
        """The residual as the user's solver calls it."""
        if any([isinstance(leaf, Variable) for leaf in flatten(z)[0]]):
            return self.residual(z, *self.parameters(self.given))
        x = argument(self.unknown.packed(z, "solve's point"))
        with calling_on([x]):
            point = self.unknown.unpacked(x)
            found, rebuild = flatten(self.residual(point, *self.parameters(self.given)))
        return rebuild([np.asarray(raw(x)) for x in found])

    def solution(self, z: Array) -> Any:
        """The solution in the structure of the guess, as a function of the parameters.

        Where it can be differentiated, the residual is recorded there; derivatives use this record alone.
        """
        if not recording():
            return self.unknown.values(z)
        about = self.at(z)
        used = self._used
        return self.unknown.unpacked(apply(root(about), *used)) if used else self.unknown.values(z)
