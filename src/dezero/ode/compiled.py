"""A program as one Python function, for right sides that a solver evaluates thousands of times."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.core.dtypes import Array, Shape
from dezero.core.op import Op
from dezero.rewriting.program import Program, Step, on_arrays

# Written as Python expressions, these take a half of the time of a call of the operation's value.
_WRITTEN = {"add": "{}+{}", "sub": "{}-{}", "mul": "{}*{}", "div": "{}/{}", "neg": "-{}"}


def compiled(program: Program, shapes: Sequence[Shape]) -> Callable[..., Array]:
    """A function of raw arrays: of a state as one vector, and of the program's other inputs, NumPy's scalars or arrays.

    shapes: of the program's first inputs, the parts of the state. Returns the outputs joined to one vector.
    """
    count = len(program.inputs)
    names: dict[str, Any] = {f"x{count + i}": c for i, c in enumerate(program.constants)}
    lines, at = [], 0
    for i, shape in enumerate(shapes):
        end = at + math.prod(shape)
        lines.append(f" x{i} = y[{at}:{end}]" + ("" if len(shape) == 1 else f".reshape({shape})"))
        at = end
    for place, (op, args) in enumerate(program.steps, count + len(names)):
        lines.append(f" x{place} = {_expression(op, [f'x{a}' for a in args], str(place), names)}")
    outputs = ", ".join([f"x{y}" for y in program.outputs])
    inputs = ", ".join(["y", *[f"x{i}" for i in range(len(shapes), count)]])
    names["join"] = np.concatenate
    lines.append(f" return join(({outputs},), axis=None)")
    exec("\n".join([f"def run({inputs}):", *lines]), names)
    return names.pop("run")  # the function's globals would hold the function itself


def _expression(op: Step, args: Sequence[str], at: str, names: dict[str, Any]) -> str:
    """Python's text for a step; what it refers to is added to the names."""
    kind = op.name if isinstance(op, Op) else ""
    if kind in _WRITTEN:
        return _WRITTEN[kind].format(*args)
    if kind == "get_item" and isinstance(op.parameters["index"], slice | tuple):  # type: ignore[union-attr]
        names["p" + at] = op.parameters["index"]  # type: ignore[union-attr]
        return f"{args[0]}[p{at}]"
    if kind == "reshape":
        names["p" + at] = op.parameters["shape"]  # type: ignore[union-attr]
        return f"{args[0]}.reshape(p{at})"
    names["p" + at] = op.value if isinstance(op, Op) else functools.partial(on_arrays, op)
    return f"p{at}({', '.join(args)})"
