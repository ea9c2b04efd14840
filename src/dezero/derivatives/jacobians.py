"""Jacobians and Hessians of functions, by sweeps over one graph: for each row, for each column, or for many columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import numpy as np

from dezero.backends import get_array_module
from dezero.core.dtypes import Array, Shape, is_complex
from dezero.core.errors import describe
from dezero.core.registry import operations
from dezero.core.variable import Variable, wrap
from dezero.core.watch.watching import mapping
from dezero.derivatives.batching.vmap import vmap
from dezero.derivatives.costs import Way, cheapest, costs, told
from dezero.derivatives.sweeps import Backward, Forward, transform, with_aux
from dezero.derivatives.tracing import Args, Kwargs, P, Run
from dezero.derivatives.transforms import Argnums

Mode = Literal["forward", "reverse"]


def jacfwd(f: Callable[P, object], argnums: Argnums = 0, has_aux: bool = False) -> Callable[P, Any]:
    """The function that returns the Jacobian of f, by columns: forward sweeps along the elements of the argument.

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
    """The function that returns the Jacobian of f in the cheapest way, which is found when it is called.

    Forward along many elements at once, along one at a time, or backward, by what the operations of f cost (costs.py);
    forward where f's result is complex. `explain`, with the arguments of f, tells the estimate for each way and the one
    that is taken. Arguments, result and errors as for jacfwd.

    >>> jacobian(lambda x: x.sum() * x)(np.array([1.0, 2.0]))
    variable([[4. 1.]
              [2. 5.]])
    """
    return _jacobian("jacobian", f, argnums, has_aux, None)


def hessian(f: Callable[P, object], argnums: Argnums = 0, has_aux: bool = False) -> Callable[P, Any]:
    """The function that returns the Hessian of f: the Jacobian of its gradient in the cheapest way (see jacobian, also
    for `explain`).

    Of a result of shape s in an argument of shape t it has shape s + t + t, (n, n) for f: R^n -> R, where it is
    symmetric up to rounding. For a nested argument it has the argument's structure, and in the place of each leaf the
    argument's again. Arguments and errors as for jacrev.

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 5.0]))
    variable([[10.  6.]
              [ 6.  0.]])
    """
    rows = _jacobian("hessian", f, argnums, has_aux, "reverse")
    return _jacobian("hessian", rows, argnums, has_aux, None)


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
            sweep = None if mode == "reverse" else Forward(name, run.outputs, run.leaves)
            way = "rows" if sweep is None else _way(sweep, run, mode)
            blocks = _rows(name, run) if sweep is None or way == "rows" else _columns(sweep, run, way)
            return with_aux(run.output_tree([run.tree(row) for row in blocks]), run, has_aux)

    def explain(*args: P.args, **kwargs: P.kwargs) -> str:
        """The estimated time of each way at these arguments, and the way that is taken, in words."""
        with Run(name, f, args, kwargs, argnums, has_aux) as run:
            sweep = Forward(name, run.outputs, run.leaves)
            way = "rows" if mode == "reverse" else _way(sweep, run, mode)
            return told(name, sweep.work, _counts(run), way)

    transformed = transform(name, f, compute)
    transformed.explain = explain  # type: ignore[attr-defined]
    return transformed


def _counts(run: Run) -> tuple[int, int]:
    """The numbers of columns and rows of the Jacobian."""
    return sum([x.size for x in run.leaves]), sum([y.size for y in run.outputs])


def _way(sweep: Forward, run: Run, mode: Mode | None) -> Way:
    """The cheapest way to the Jacobian; forward, where that is asked for or the only one."""
    columns, rows = _counts(run)
    found = costs(sweep.work, columns, rows)
    if mode or any([is_complex(y) for y in run.outputs]) or (run.recorded and columns <= rows):
        del found["rows"]
    elif run.recorded:  # what is recorded once more costs more than any sweep
        return "rows"
    return cheapest(found)


def _columns(sweep: Forward, run: Run, way: Way) -> list[list[Variable]]:
    """The blocks, output by output and leaf by leaf, each from the tangents along the leaf's elements."""
    blocks: list[list[Variable]] = [[] for _ in run.outputs]
    for x in run.leaves:
        if mapping() and x.size > 1:  # one sweep is recorded, and mapped with all that is
            columns_of_each = vmap(lambda v, x=x: sweep({x: [v]}, 1, run.recorded))(_units(x))
            for i, (y, along) in enumerate(zip(run.outputs, columns_of_each, strict=True)):
                blocks[i].append(_last(along, y.shape + x.shape, run.recorded))
            continue
        if way == "bundles" and x.size > 1:
            for i, along in enumerate(sweep.along({x: _units(x)}, 1, run.recorded)):
                blocks[i].append(_last(along, run.outputs[i].shape + x.shape, run.recorded))
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
        e = get_array_module(x._data).zeros(x.shape, x.dtype)
        e.reshape(-1)[place] = 1
        yield e


def _last(along: Variable, shape: Shape, recorded: bool) -> Variable:
    """The derivatives along a leaf's elements, which are the first axis, as a block with the leaf's axes last."""
    if recorded:
        return operations.reshape(operations.moveaxis(along, 0, -1), shape)
    return wrap(np.ascontiguousarray(np.moveaxis(along.data, 0, -1)).reshape(shape))


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
