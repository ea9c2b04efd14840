"""A function of a tree, with one number for its value, as a function of a vector with exact derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.arguments import calling_on, check_callable, computed
from dezero.autodiff.gradients import gradients
from dezero.compiler.api import Compiled
from dezero.core.errors import describe
from dezero.core.registry import operations
from dezero.core.variable import Argument, Variable
from dezero.core.watch.watching import gives_plain_numbers
from dezero.derivatives.packing import Packing


class Objective:
    """f(x, *args) and its derivatives in x, packed as a vector; what one point needs is computed there once.

    TypeError for an f that returns no Variable, ValueError for one that returns no single number.
    """

    def __init__(self, name: str, f: Callable[..., Any], x0: Any, args: Sequence[Any] = ()) -> None:
        check_callable(name, f)
        gives_plain_numbers(name)
        self.name, self.f, self.args = name, f, args
        if x0 is None:
            raise TypeError(f"{name}: x0 is None; give a number, an array or a tree of them to start from")
        self.packing = Packing(name, x0, "x0")
        self.start = self.packing.vector
        self._at: Any = None  # the point, and what is known there
        self._gradient: Any = None
        self._slope: Any = None  # the gradient with its graph

    def value(self, x: Any) -> float:
        """f at a point; f may take derivatives of its own, so that its graph is recorded, and dropped."""
        leaf = Argument(x)
        with calling_on([leaf]):
            return float(self._run(leaf)._data.item())

    def value_and_gradient(self, x: Any) -> tuple[float, Any]:
        self._move(x)
        if self._gradient is None:
            self._gradient = gradients(self._y, self._x)[0]._data
        return float(self._y._data.item()), self._gradient

    def hessian(self, x: Any) -> Any:
        """The Hessian, one sweep of the gradient's graph for each row."""
        rows = [self.hvp(x, row) for row in np.eye(len(x), dtype=self.packing.dtype)]
        return np.stack(rows) if rows else np.zeros((0, 0), self.packing.dtype)

    def hvp(self, x: Any, v: Any) -> Any:
        """The Hessian times a vector."""
        self._move(x)
        if self._slope is None:
            (self._slope,) = gradients(self._y, self._x, create_graph=True)
        return gradients(self._slope, self._x, grad_outputs=np.asarray(v, self.packing.dtype))[0]._data

    def _move(self, x: Any) -> None:
        if self._at is not None and np.array_equal(x, self._at):
            return
        self._x = Argument(np.array(x, self.packing.dtype))
        with calling_on([self._x]):
            self._y = self._run(self._x)
        self._at = np.array(x)
        self._gradient = self._slope = None

    def _run(self, x: Variable) -> Variable:
        return one_number(self.name, self.f(self.packing.unpacked(x), *self.args))


def one_number(name: str, y: Any) -> Variable:
    """What f returned, where that is a Variable of one number; TypeError or ValueError otherwise."""
    computed(name, y)
    if y.size != 1:
        raise ValueError(f"{name}: f returned a {describe(y)}; it must return one number (a sum or mean)")
    return y


class CompiledObjective(Objective):
    """The same of a compiled function: what is asked for is compiled once, and kept with the function."""

    def __init__(self, name: str, f: Compiled, x0: Any, args: Sequence[Any] = ()) -> None:
        super().__init__(name, f.__wrapped__, x0, args)  # type: ignore[attr-defined]
        self._compiled = f
        self._key = (
            name,
            tuple(self.packing.shapes),
            self.packing.dtype,
            repr(self.packing.rebuild([0] * self._count())),
        )

    def _count(self) -> int:
        return len(self.packing.shapes)

    def value(self, x: Any) -> float:
        return float(self._of("value", lambda leaf, y, *_: y)(x, *self.args))

    def value_and_gradient(self, x: Any) -> tuple[float, Any]:
        def both(leaf: Variable, y: Variable, *_: Any) -> Any:
            return y, gradients(y, leaf)[0]

        y, slope = self._of("gradient", both)(x, *self.args)
        return float(y), slope

    def hessian(self, x: Any) -> Any:
        def rows(leaf: Variable, y: Variable, _: Any) -> Any:
            (slope,) = gradients(y, leaf, create_graph=True)
            units = np.eye(leaf.size, dtype=leaf.dtype)
            return operations.stack([gradients(slope, leaf, grad_outputs=unit)[0] for unit in units])

        return self._of("hessian", rows)(x, *self.args) if len(x) else super().hessian(x)

    def hvp(self, x: Any, v: Any) -> Any:
        def product(leaf: Variable, y: Variable, v: Any) -> Any:
            (slope,) = gradients(y, leaf, create_graph=True)
            return gradients(slope, leaf, grad_outputs=v)[0]

        return self._of("product", product, directed=True)(x, np.asarray(v, self.packing.dtype), *self.args)

    def _of(self, what: str, asked: Callable[..., Any], directed: bool = False) -> Callable[..., Any]:
        """A compiled function of the vector, a direction if there is one, and f's other arguments; it gives arrays."""

        def make(f: Callable[..., Any]) -> Callable[..., Any]:
            packing, name = self.packing, self.name

            def compute(x: Any, *rest: Any) -> Any:
                v, args = (rest[0], rest[1:]) if directed else (None, rest)
                leaf = Argument(x)
                with calling_on([leaf]):
                    y = one_number(name, f(packing.unpacked(leaf), *args))
                    found = asked(leaf, y, v)
                return tuple([z.data for z in found]) if isinstance(found, tuple) else found.data

            return compute

        return self._compiled.derived((what, *self._key), make)


def objective_of(name: str, f: Callable[..., Any], x0: Any, args: Sequence[Any] = ()) -> Objective:
    """The objective of f, compiled where f is what `dezero.compile` gives."""
    return CompiledObjective(name, f, x0, args) if isinstance(f, Compiled) else Objective(name, f, x0, args)
