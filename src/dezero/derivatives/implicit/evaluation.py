"""Programs on raw arrays, as Python functions of straight-line code.

A small system of equations is solved in microseconds, of which a loop over a program's steps would take most: as a
function of its own, the program of a residual of three unknowns runs in a third of the time.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from dezero.core.dtypes import Array
from dezero.core.op import Op
from dezero.rewriting.program import Call, Program, on_arrays


class Evaluation:
    """A program that is to be run on raw arrays many times."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def run(self, call: Call, inputs: Sequence[object]) -> Sequence[Any]:
        """The outputs. call: runs a step in some reading."""
        return self.values(*inputs) if call is on_arrays else self.program.run(call, inputs)

    @functools.cached_property
    def values(self) -> Callable[..., tuple[Any, ...]]:
        """The outputs as a function of all inputs."""
        program = self.program
        outputs = "".join(["None, " if y is None else f"v{y}, " for y in program.outputs])
        return _function(program, [*_assignments(program, range(len(program.steps))), f"return ({outputs})"])

    @functools.cached_property
    def in_last(self) -> Callable[..., Callable[[Array], Array]]:
        """A function of all inputs but the last, which returns the one output as a function of the last.

        What does not depend on the last input is computed once.
        """
        program = self.program
        depends = {len(program.inputs) - 1}
        fixed, moving = list[int](), list[int]()
        for i, (_, args) in enumerate(program.steps):
            if depends.isdisjoint(args):
                fixed.append(i)
            else:
                moving.append(i)
                depends.add(_first(program) + i)
        inner = [*_assignments(program, moving), f"return asarray(v{program.outputs[0]})"]
        lines = [*_assignments(program, fixed), f"def value(v{len(program.inputs) - 1}):", *_indented(inner)]
        return _function(program, [*lines, "return value"], inputs=len(program.inputs) - 1)


def _first(program: Program) -> int:
    """The place of the first step's result."""
    return len(program.inputs) + len(program.constants)


def _assignments(program: Program, steps: Iterable[int]) -> list[str]:
    """Lines that compute these steps. f3 is the function of step 3, v3 what place 3 holds."""
    found = []
    for i in steps:
        args = ", ".join([f"v{a}" for a in program.steps[i][1]])
        found.append(f"v{_first(program) + i} = f{i}({args})")
    return found


def _indented(lines: Sequence[str]) -> list[str]:
    return ["    " + line for line in lines]


def _function(program: Program, body: Sequence[str], inputs: int | None = None) -> Callable[..., Any]:
    """The function of so many inputs (None: all) with these lines. Steps and constants are its globals."""
    names: dict[str, Any] = {"asarray": np.asarray}
    for i, (op, _) in enumerate(program.steps):
        names[f"f{i}"] = op.value if isinstance(op, Op) else functools.partial(on_arrays, op)
    names |= {f"v{i}": c for i, c in enumerate(program.constants, len(program.inputs))}
    parameters = ", ".join([f"v{i}" for i in range(len(program.inputs) if inputs is None else inputs)])
    exec("\n".join([f"def function({parameters}):", *_indented(body)]), names)
    found: Callable[..., Any] = names.pop("function")  # what would be a cycle of references
    return found
