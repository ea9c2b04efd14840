"""The derivatives of a residual as programs.

Solvers and derivative rules need few products: of the Jacobian or its transpose with a vector, and the derivatives of
these. Each is derived once, when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.core.config import using_config
from dezero.core.dtypes import is_complex
from dezero.core.registry import operations
from dezero.core.variable import Variable, wrap
from dezero.derivatives.implicit.evaluation import Evaluation
from dezero.rewriting.program import Program, on_variables
from dezero.series.expansion import curve
from dezero.series.power import coefficient, is_zero
from dezero.series.reading import SeriesReading


class Programs:
    """The programs of one residual. Their first inputs are the point, then the constants.

    point: arrays of the unknown, and of all Variables that the equation depends on. constants: what became inputs.
    A derivation is given all of them as arrays. lasting: whether their values have no part in it. They may have, of a
    user's Function, whose backward may read values, and in single precision, where derivations watch for overflow.
    """

    def __init__(self, name: str, residual: Evaluation, size: int, lasting: bool) -> None:
        self.name, self.residual, self.size, self.lasting = name, residual, size, lasting  # size: of the point
        self._made: dict[object, Evaluation] = {}

    def elsewhere(self) -> Programs:
        """The programs for another point: these, or new ones where derivations depend on the point."""
        return self if self.lasting else Programs(self.name, self.residual, self.size, False)

    def product(self, transposed: bool, inputs: Sequence[Any]) -> Evaluation:
        """Of the inputs and x: J x, or J^T x."""
        if transposed:
            return self._once("transposed", lambda: self._pulled(inputs, [0]))
        return self._once("direct", lambda: self._pushed(inputs, (0,)))

    def pulled(self, inputs: Sequence[Any]) -> Evaluation:
        """Of the inputs and w: the derivatives of <w, residual> in what the equation depends on."""
        return self._once("pulled", lambda: self._pulled(inputs, range(1, self.size)))

    def curved(self, inputs: Sequence[Any]) -> Evaluation:
        """Of the inputs, v and x: the derivatives of <v, J x> in the point."""
        return self._once("curved", lambda: self._curved(inputs))

    def pushed(self, inputs: Sequence[Any], moving: tuple[int, ...]) -> Evaluation:
        """Of the inputs and a tangent of each moving one: the tangent of the residual. moving: places in the point."""
        return self._once(("pushed", moving), lambda: self._pushed(inputs, moving))

    def _once(self, kind: object, derive: Callable[[], Program]) -> Evaluation:
        if kind not in self._made:
            with using_config("enable_backprop", True):
                self._made[kind] = Evaluation(derive())
        return self._made[kind]

    def _pulled(self, inputs: Sequence[Any], asked: Sequence[int]) -> Program:
        leaves = _leaves(inputs)
        y = self.residual.run(on_variables, leaves)[0]
        w = wrap(np.ones(y.shape, y.dtype))
        found = _cotangents(operations.sum(y * w), [leaves[i] for i in asked])
        if list(asked) == [0]:
            found = [_filled(found[0], leaves[0])]
        return Program.traced(self.name, [*leaves, w], found)

    def _pushed(self, inputs: Sequence[Any], moving: tuple[int, ...]) -> Program:
        leaves = _leaves(inputs)
        tangents = [wrap(np.ones_like(inputs[i])) for i in moving]
        F = SeriesReading(recorded=True)
        program = self.residual.program
        nodes = program.places(on_variables, leaves)
        places = nodes[: len(nodes) - len(program.steps)]
        for i, tangent in zip(moving, tangents, strict=True):
            places[i] = curve(F, leaves[i], [tangent])
        try:
            for op, args in program.steps:
                places.append(F.call(op, *[places[a] for a in args], first=nodes[len(places)]))  # type: ignore[arg-type]
            c = coefficient(places[program.outputs[0]], 1)  # type: ignore[index]
            return Program.traced(self.name, [*leaves, *tangents], [_filled(None if is_zero(c) else c, leaves[0])])
        finally:
            F.close()

    def _curved(self, inputs: Sequence[Any]) -> Program:
        leaves = _leaves(inputs)
        v, x = wrap(np.ones_like(inputs[0])), wrap(np.ones_like(inputs[0]))
        (row,) = self.product(True, inputs).run(on_variables, [*leaves, v])
        found = _cotangents(operations.sum(row * x), leaves[: self.size])
        return Program.traced(self.name, [*leaves, v, x], found)


def _leaves(inputs: Sequence[Any]) -> list[Variable]:
    return [wrap(np.asarray(a)) for a in inputs]


def _filled(y: Variable | None, like: Variable) -> Variable:
    return wrap(np.zeros_like(like._data)) if y is None else y


def _cotangents(y: Variable, xs: list[Variable]) -> list[Variable | None]:
    """The cotangents of the xs, in the convention of rules (conjugate to users'); None where y does not depend on x."""
    found = gradients(y, xs, create_graph=True, unused="none")
    return [operations.conj(g) if g is not None and is_complex(x) else g for g, x in zip(found, xs, strict=True)]
