"""vmap: a function of one example as a function of many, each operation called once for all of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from dezero.autodiff.arguments import release
from dezero.autodiff.sweep import owner
from dezero.core.arraylike import raw
from dezero.core.call import operand
from dezero.core.config import recording, using_config
from dezero.core.dtypes import as_array
from dezero.core.errors import GraphError, GraphWarning, describe, to_the_user
from dezero.core.registry import operations
from dezero.core.variable import Variable, argument, wrap
from dezero.core.watch.tracing import tracing
from dezero.derivatives.batching.axes import Axes, Mapped, count_of, from_front, mapped, to_front
from dezero.derivatives.batching.stacked import StackedReading
from dezero.derivatives.batching.tracing import Trace, results
from dezero.derivatives.sweeps import transform
from dezero.derivatives.tracing import Args, Kwargs, P
from dezero.derivatives.trees import flatten, tree_shape
from dezero.functions._stacking import RunEach, Stack
from dezero.functions.randomness import Draws, noting

Fallback = Literal["loop", "error"]


def vmap(
    f: Callable[P, object], in_axes: Axes = 0, out_axes: Axes = 0, *, fallback: Fallback = "loop"
) -> Callable[P, Any]:
    """The function that applies f to many examples at once and returns its results, stacked.

    in_axes: the axis along which the examples lie in each argument, None for an argument that all examples share; one
    for all arguments, or a tuple with one for each, in which a tree of axes may stand for a tree (a prefix of it, as in
    JAX). Arguments given by name have their examples along axis 0. out_axes: the same for f's result; None for what is
    the same for all. The result is differentiable to any order, in the arguments and in what f uses from outside.

    f runs once, on the first example; then each operation is called once on the arrays of all. Comparisons (in where,
    select, a product) are computed for each, and so are places (v[i], labels). f itself runs on one example after the
    other where it reads numbers that are not the same for all (v.item(), if v > 0, a boolean index), computes without
    a graph, changes running statistics, or draws random numbers through NumPy's global state or dropout; so does a
    user's Function, or the rare operation without a rule for stacked arrays. That is said by a GraphWarning, or under
    fallback="error" a GraphError. What f draws from a Generator itself, or takes from a plain array, is the same for
    all examples: give it as an argument.

    Raises ValueError for arguments with different numbers of examples or none, for an axis that does not exist, and for
    axes that do not fit the structure of an argument.

    >>> from dezero import grad
    >>> vmap(grad(lambda x: x[0] * x[1]))(np.array([[1.0, 2.0], [3.0, 4.0]]))
    variable([[2. 1.]
              [4. 3.]])
    """
    if fallback not in ("loop", "error"):
        raise ValueError(f"vmap: fallback must be 'loop' or 'error', got {fallback!r}")

    def compute(args: Args, kwargs: Kwargs) -> Any:
        return _Call(f, _leaves_of(in_axes, args, kwargs), (args, kwargs), fallback).result(out_axes)

    return transform("vmap", f, compute)


def _leaves_of(in_axes: Axes, args: Args, kwargs: Kwargs) -> list[Mapped]:
    if isinstance(in_axes, tuple | list) and len(in_axes) != len(args):
        raise ValueError(
            f"vmap: in_axes has {len(in_axes)} entries, and {len(args)} arguments were given by place; give "
            "one for each"
        )
    found: list[Mapped] = []
    for i, arg in enumerate(args):
        axes = in_axes[i] if isinstance(in_axes, tuple | list) else in_axes
        found += mapped("vmap", "in_axes", axes, arg, f"argument {i}")
    for key, arg in kwargs.items():
        found += mapped("vmap", "in_axes", 0, arg, f"argument {key!r}")
    return found


class _Call:
    """One call of a mapped function. inputs: its arguments as (args, kwargs)."""

    def __init__(self, f: Callable[..., object], leaves: list[Mapped], inputs: object, fallback: Fallback) -> None:
        self.f, self.leaves, self.fallback = f, leaves, fallback
        self.count = count_of("vmap", leaves)
        _, self.rebuild = flatten(inputs)
        self.places = [i for i, m in enumerate(leaves) if m.axis is not None]
        self.stacked = [to_front(_held(leaves[i].leaf), leaves[i].axis) for i in self.places]  # type: ignore[arg-type]
        self.recorded = tracing() or (recording() and any([isinstance(x, Variable) for x in self.stacked]))

    def on_example(self, xs: Sequence[Variable]) -> object:
        """f with these in place of the leaves that hold examples."""
        given = [m.leaf for m in self.leaves]
        for i, x in zip(self.places, xs, strict=True):
            given[i] = x
        args, kwargs = self.rebuild(given)
        return self.f(*args, **kwargs)

    def result(self, out_axes: Axes) -> Any:
        draws = Draws()
        with noting() as drawn:
            trace = Trace("vmap", self.on_example, [raw(x)[0] for x in self.stacked])
        self.recorded = self.recorded or (recording() and trace.depends_on_others())
        why = trace.why_not or (
            "" if not drawn and not draws.any() else "it draws random numbers, anew for each example"
        )
        if not why:
            S = StackedReading(self.count, self.recorded, self._refuse)
            try:
                found, why = trace.run([Stack(x) for x in self.stacked], S.step, self.recorded)
            except RunEach as error:
                why = str(error)
        if why:
            self._report(f"f runs on one example after the other, since {why}")
            found = self._one_by_one(trace)
        return self._assembled(found, trace, out_axes)

    def _assembled(self, found: list[Any], trace: Trace, out_axes: Axes) -> Any:
        tree = trace.rebuild(found)
        leaves = list(mapped("vmap", "out_axes", out_axes, tree, "the result"))
        outputs = [self._output(m) for m in leaves]
        if self.recorded:  # no Variable stands twice, or is one that f holds
            held = {id(y) for y in (*self.stacked, *trace.captured)}
            for k, y in enumerate(outputs):
                outputs[k] = y * 1 if id(y) in held else y
                held.add(id(y))
        else:
            taken = {id(owner(raw(x))) for x in (*self.stacked, *trace.captured)}
            outputs = [wrap(_of_its_own(y._data, taken)) for y in outputs]
        return trace.rebuild(outputs)

    def _output(self, m: Mapped) -> Variable:
        if isinstance(m.leaf, Stack):
            if m.axis is None:
                raise ValueError(
                    f"vmap: out_axes is None for {m.path}, which differs from example to example; give an axis"
                )
            y = m.leaf.value if isinstance(m.leaf.value, Variable) else wrap(as_array(m.leaf.value))
        elif m.axis is None:
            return m.leaf
        else:
            y = operations.broadcast_to(m.leaf, (self.count, *m.leaf.shape))
        return from_front("vmap", y, m.axis, m.path)

    # -- fallbacks ---------------------------------------------------------------------------------------------

    def _refuse(self, operation: str) -> None:
        self._report(f"{operation} runs on one example after the other, since it has no rule for stacked arrays")

    def _report(self, what: str) -> None:
        name = getattr(self.f, "__name__", type(self.f).__name__)
        if self.fallback == "error":
            raise GraphError(f"vmap of {name}: {what}; allow that with fallback='loop', or call f in a loop")
        text = f"vmap of {name}: {what}; vmap(f, fallback='error') makes this an error"
        warnings.warn(text, GraphWarning, stacklevel=to_the_user())

    def _one_by_one(self, trace: Trace) -> list[Any]:
        """The results of all examples: of the first what the trace computed, since f ran on it already."""
        found = trace.again(self._example(0))
        rows = [found]
        for i in range(1, self.count):
            xs = self._example(i)
            try:
                with using_config("enable_backprop", True):
                    row, rebuild = results("vmap", self.on_example(xs))
            finally:
                release(xs)
            rows.append(row)
            self._check_alike(i, rows[0], rows[-1], tree_shape(trace.rebuild(found)), tree_shape(rebuild(row)))
        return [Stack(operations.stack(parts)) for parts in zip(*rows, strict=True)]

    def _example(self, i: int) -> list[Variable]:
        return [x[i] if isinstance(x, Variable) and self.recorded else argument(raw(x)[i]) for x in self.stacked]

    def _check_alike(self, i: int, first: list[Any], other: list[Any], wanted: object, given: object) -> None:
        if wanted != given:
            raise ValueError(
                f"vmap: f returned {wanted} for example 0 and {given} for example {i}; they cannot be stacked"
            )
        for a, b in zip(first, other, strict=True):
            if a.shape != b.shape:
                raise ValueError(
                    f"vmap: f returned {describe(a)} for example 0 and {describe(b)} for example {i}; "
                    "they cannot be stacked"
                )


def _held(x: Any) -> Any:
    return x if isinstance(x, Variable) else as_array(raw(operand(x, "vmap")))


def _of_its_own(array: Any, taken: set[int]) -> Any:
    """An array that nobody else holds: a copy where it shares memory with what has been taken."""
    memory = id(owner(array))
    if memory in taken or not isinstance(array, np.ndarray) or not array.flags.writeable:
        return np.array(array)
    taken.add(memory)
    return array
