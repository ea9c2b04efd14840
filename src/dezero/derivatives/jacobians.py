"""Jacobians and Hessians of functions, by one sweep over one graph for each column or row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import numpy as np

from dezero.core.dtypes import Array, Shape, is_complex
from dezero.core.errors import describe
from dezero.core.registry import operations
from dezero.core.variable import Variable, wrap
from dezero.core.watching import mapping
from dezero.derivatives.batching.vmap import vmap
from dezero.derivatives.sweeps import Backward, Forward, transform, with_aux
from dezero.derivatives.tracing import Args, Kwargs, P, Run
from dezero.derivatives.transforms import Argnums

Mode = Literal["forward", "reverse"]


def jacfwd(f: Callable[P, object], argnums: Argnums = 0, has_aux: bool = False) -> Callable[P, Any]:
    """The function that returns the Jacobian of f, by columns: one forward sweep for each element of the argument.

    argnums: the place of the argument to differentiate in, or a sequence of places. The block of an output of shape s
    in an argument of shape t has shape s + t. For nested structures the result has f's result's, and in the place of
    each output the argument's (a tuple of them, for a sequence of places). has_aux: f returns (value, aux), and the new
    function (Jacobian, aux). The new function raises TypeError for complex arguments and what holds no numbers.

    >>> jacfwd(lambda x: x**2)(np.array([1.0, 2.0]))
    variable([[2. 0.]
              [0. 4.]])
    """
    return _jacobian("jacfwd", f, argnums, has_aux, "forward")


def jacrev(f: Callable[P, object], argnums: Argnums = 0, has_aux: bool = False) -> Callable[P, Any]:
    """The function that returns the Jacobian of f, by rows: one backward sweep for each element of f's result.

    Arguments, result and errors as for jacfwd; f's result is to be real.

    >>> jacrev(lambda x, y: x * y, argnums=(0, 1))(np.array([1.0, 2.0]), 3.0)
    (variable([[3. 0.]
              [0. 3.]]), variable([1. 2.]))
    """
    return _jacobian("jacrev", f, argnums, has_aux, "reverse")


def jacobian(f: Callable[P, object], argnums: Argnums = 0, has_aux: bool = False) -> Callable[P, Any]:
    """The function that returns the Jacobian of f by the fewer sweeps, found from the shapes when it is called.

    Forward where the arguments have fewer elements than f's result, or that is complex; else backward. Arguments,
    result and errors as for jacfwd.

    >>> jacobian(lambda x: x.sum() * x)(np.array([1.0, 2.0]))
    variable([[4. 1.]
              [2. 5.]])
    """
    return _jacobian("jacobian", f, argnums, has_aux, None)


def hessian(f: Callable[P, object], argnums: Argnums = 0, has_aux: bool = False) -> Callable[P, Any]:
    """The function that returns the Hessian of f, forward over reverse: one forward sweep for each element.

    Of a result of shape s in an argument of shape t it has shape s + t + t, (n, n) for f: R^n -> R, where it is
    symmetric up to rounding. For a nested argument it has the argument's structure, and in the place of each leaf the
    argument's again. Arguments and errors as for jacrev.

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 5.0]))
    variable([[10.  6.]
              [ 6.  0.]])
    """
    rows = _jacobian("hessian", f, argnums, has_aux, "reverse")
    return _jacobian("hessian", rows, argnums, has_aux, "forward")


def _jacobian(
    name: str, f: Callable[P, object], argnums: Argnums, has_aux: bool, mode: Mode | None
) -> Callable[P, Any]:
    def compute(args: Args, kwargs: Kwargs) -> Any:
        with Run(name, f, args, kwargs, argnums, has_aux) as run:
            for x in run.leaves:
                if is_complex(x):
                    raise TypeError(
                        f"{name}: an argument is {describe(x)}; give f the real and imaginary parts as real arguments "
                        "(a + 1j * b joins them), or use jvp or vjp"
                    )
            blocks = (_columns if (mode or _cheaper(run)) == "forward" else _rows)(name, run)
            return with_aux(run.output_tree([run.tree(row) for row in blocks]), run, has_aux)

    return transform(name, f, compute)


def _cheaper(run: Run) -> Mode:
    if any(is_complex(y) for y in run.outputs):
        return "forward"
    return "forward" if sum(x.size for x in run.leaves) < sum(y.size for y in run.outputs) else "reverse"


def _columns(name: str, run: Run) -> list[list[Variable]]:
    """The blocks, output by output and leaf by leaf, each from the tangents along the leaf's elements."""
    sweep = Forward(name, run.outputs, run.leaves)
    blocks: list[list[Variable]] = [[] for _ in run.outputs]
    for x in run.leaves:
        if mapping() and x.size > 1:
            columns_of_each = vmap(lambda v, x=x: sweep({x: [v]}, 1, run.recorded))(_units(x))
            for i, (y, column) in enumerate(zip(run.outputs, columns_of_each, strict=True)):
                blocks[i].append(operations.reshape(operations.moveaxis(column, 0, -1), y.shape + x.shape))
            continue
        columns = [sweep({x: [e]}, 1, run.recorded) for e in _unit_arrays(x)]
        for i, y in enumerate(run.outputs):
            parts = [column[i] for column in columns]
            blocks[i].append(_joined(parts, -1, y.shape + x.shape, y.dtype, run.recorded))
    return blocks


def _rows(name: str, run: Run) -> list[list[Variable]]:
    """The same blocks, each from the cotangents of the output's elements."""
    sweep, blocks = Backward(run), []
    for y in run.outputs:
        if is_complex(y):
            raise TypeError(
                f"{name}: the function returned {describe(y)}; take real and imaginary parts, or use jacfwd"
            )
        if mapping() and y.size > 1:
            rows_of_each = vmap(lambda seed, y=y: sweep(y, seed, run.recorded))(_units(y))
            pairs = zip(run.leaves, rows_of_each, strict=True)
            blocks.append([operations.reshape(row, y.shape + x.shape) for x, row in pairs])
            continue
        # the unit array of a single number is 1, the default seed, with which the algebra simplifies most
        seeds: Iterable[Variable | None] = [None] if y.shape == () else map(wrap, _unit_arrays(y))
        rows = [sweep(y, seed, run.recorded) for seed in seeds]
        blocks.append(
            [
                _joined([found[i] for found in rows], 0, y.shape + x.shape, x.dtype, run.recorded)
                for i, x in enumerate(run.leaves)
            ]
        )
    return blocks


def _unit_arrays(x: Variable) -> Iterator[Array]:
    for place in range(x.size):
        e = np.zeros_like(x._data, order="C")
        e.reshape(-1)[place] = 1
        yield e


def _units(x: Variable) -> Array:
    """All unit arrays, along a first axis: a function that is being mapped sweeps over them at once."""
    return np.eye(x.size, dtype=x.dtype).reshape(x.size, *x.shape)


def _joined(parts: list[Variable], axis: int, shape: Shape, dtype: np.dtype, recorded: bool) -> Variable:
    if not parts:
        return wrap(np.zeros(shape, dtype))
    if recorded:
        block = operations.stack(parts, axis=axis) if len(parts) > 1 else parts[0]
        return block if block.shape == shape else operations.reshape(block, shape)
    return wrap(np.stack([part.data for part in parts], axis=axis).reshape(shape))
