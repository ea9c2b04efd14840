"""A program as one Python function, for right sides that a solver evaluates thousands of times."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from dezero.core.dtypes import Array
from dezero.core.op import Op
from dezero.rewriting.program import Program, Step, on_arrays

# Written as Python expressions, these take a half of the time of a call of the operation's value.
_WRITTEN = {"add": "{}+{}", "sub": "{}-{}", "mul": "{}*{}", "div": "{}/{}", "neg": "-{}"}


def compiled(program: Program) -> Callable[..., tuple[Array, ...]]:
    """The function from the program's inputs to its outputs, on raw arrays (a float is to be a NumPy scalar)."""
    count = len(program.inputs)
    names: dict[str, Any] = {f"x{count + i}": c for i, c in enumerate(program.constants)}
    lines = []
    for at, (op, args) in enumerate(program.steps, count + len(names)):
        lines.append(f" x{at} = {_expression(op, [f'x{a}' for a in args], str(at), names)}")
    outputs = ", ".join(["None" if y is None else f"x{y}" for y in program.outputs])
    inputs = ", ".join([f"x{i}" for i in range(count)])
    exec("\n".join([f"def run({inputs}):", *lines, f" return ({outputs},)"]), names)
    return names.pop("run")  # type: ignore[no-any-return]  # the function's globals would hold the function itself


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
