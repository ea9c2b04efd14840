"""An equation in an unknown tree of arrays, as a function of one vector."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.arguments import calling_on, check_callable
from dezero.core.arraylike import raw
from dezero.core.call import apply, operand
from dezero.core.config import recording
from dezero.core.dtypes import Array, is_complex
from dezero.core.errors import GraphError, describe
from dezero.core.graph import collect
from dezero.core.marks import UNRECORDED
from dezero.core.registry import operations
from dezero.core.variable import Variable, argument, tick, wrap
from dezero.derivatives.implicit.roots import Linearisation, jacobian_array
from dezero.derivatives.packing import Packing
from dezero.derivatives.trees import flatten, returned
from dezero.rewriting.program import Program, computed_and_used


class Equation:
    """residual(z, *parameters) as a function of one vector and a list of Variables."""

    def __init__(
        self, name: str, residual: Callable[..., object], guess: object, parameters: tuple[object, ...]
    ) -> None:
        check_callable(name, residual)
        self.name, self.residual = name, residual
        self.unknown = Packing(name, guess, "guess")
        self.given, self.parameters = flatten(parameters)
        self.places = [i for i, leaf in enumerate(self.given) if isinstance(leaf, Variable)]
        self.inputs = [operand(self.given[i], name) for i in self.places]

    def __call__(self, xs: list[Variable]) -> Variable:
        """The residual as a vector, of the unknown as a vector and of the Variables among the parameters."""
        z, *moving = xs
        given = list(self.given)
        for i, x in zip(self.places, moving, strict=True):
            given[i] = x
        return self._vector(self.residual(self.unknown.unpacked(z), *self.parameters(given)))

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
        flat = [operations.reshape(leaf, (leaf.size,)) for leaf in leaves]
        return flat[0] if len(flat) == 1 else operations.concatenate(flat, axis=0)

    def value(self, z: Array) -> Array:
        x = argument(z)
        with calling_on([x]):  # the residual may take derivatives, as of an energy whose minimum is asked for
            return self([x, *self.inputs])._data

    def on_trees(self, z: object) -> Any:
        """The residual as the user's solver calls it."""
        if any([isinstance(leaf, Variable) for leaf in flatten(z)[0]]):
            return self.residual(z, *self.parameters(self.given))
        x = argument(self.unknown.packed(z, "solve's point"))
        with calling_on([x]):
            point = self.unknown.unpacked(x)
            found, rebuild = flatten(self.residual(point, *self.parameters(self.given)))
        return rebuild([np.asarray(raw(x)) for x in found])

    def linearised(self, z: Array, inputs: Sequence[Variable]) -> tuple[Array, Array]:
        """The residual at a point and its Jacobian there, as arrays."""
        x = argument(z)
        with calling_on([x]):
            y = self([x, *inputs])
        self._check_recorded(y, x._age)
        return y._data, jacobian_array(y, x)

    def _check_recorded(self, y: Variable, born: int) -> None:
        """GraphError where the residual took a derivative without recording it: the solution's would miss its part."""
        if any([x._op is UNRECORDED and x._age > born for x in collect([y], self.name).values()]):
            raise GraphError(
                f"{self.name}: the function takes a derivative without create_graph=True, which is a constant for the "
                "solution's derivative; take it with create_graph=True, or detach() it to have it so"
            )

    def solution(self, z: Array) -> Any:
        """The solution in the structure of the guess, as a function of the parameters."""
        flat = self._recorded(z) if recording() else wrap(z)
        return self.unknown.unpacked(flat) if flat._args else self.unknown.values(z)

    def _recorded(self, z: Array) -> Variable:
        """The solution as a node. The residual runs for the last time here: derivatives use its recorded program."""
        born = tick()
        leaves: list[Variable] = [argument(z), *[argument(x._data) for x in self.inputs]]
        with calling_on(leaves):
            y = self(leaves)
        self._check_recorded(y, born)
        mine = {id(x) for x in leaves}
        captured = [x for x in computed_and_used([y], born)[1] if id(x) not in mine]
        given = [*self.inputs, *captured]
        if not given:
            return wrap(z)
        residual = Program.traced(self.name, [*leaves, *captured], [y])
        linear = Linearisation(self.name, residual, [z, *[x._data for x in given]])
        return apply(linear.root(), *given)
