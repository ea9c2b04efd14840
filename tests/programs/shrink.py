"""A failing program made smaller: steps and inputs that its failure does not need are taken away."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import dezero as T
import dezero.functions as F
from dezero import Variable
from tests.programs.generate import Program


def shrink(program: Program, fails: Callable[[Program], bool]) -> Program:
    """A program of fewer steps, or of a lower order, that fails still."""
    while True:
        for smaller in _smaller(program):
            if fails(smaller):
                program = smaller
                break
        else:
            return program


def _smaller(program: Program) -> Iterator[Program]:
    for order in range(1, program.order):
        yield dataclasses.replace(program, order=order)
    steps = list(program.steps)
    parts = steps[-1][1].split(" + F.")
    if len(parts) > 1:
        for k in range(len(parts)):
            kept = [part if i == 0 else f"F.{part}" for i, part in enumerate(parts) if i != k]
            yield _without_dead(program, [*steps[:-1], ("result", " + ".join(kept))])
    values = _values(program)
    for k in range(len(steps) - 1):
        name = steps[k][0]
        if name not in values or steps[k][1].startswith("np.array"):
            continue
        if set(re.findall(r"\b[vxyz]\d*\b", steps[k][1])) & values.keys():
            yield _without_dead(program, [*steps[:k], (name, _constant(values[name])), *steps[k + 1 :]])
        for other in [*program.inputs, *[earlier for earlier, _ in steps[:k]]]:
            if other in values and values[other].shape == values[name].shape and steps[k][1] != other:
                yield _without_dead(program, [*steps[:k], (name, other), *steps[k + 1 :]])


def _constant(value: Any) -> str:
    return f"T.Variable(np.array({value.tolist()}))"


def _values(program: Program) -> dict[str, Any]:
    """What each step gives, up to the first that raises."""
    names: dict[str, Any] = {"F": F, "T": T, "np": np}
    names |= {name: Variable(np.asarray(x)) for name, x in program.inputs.items()}
    found: dict[str, Any] = {name: np.asarray(x) for name, x in program.inputs.items()}
    for name, text in program.steps[:-1]:
        names[name] = eval(text, names)
        found[name] = np.asarray(names[name].data)
    return found


def _without_dead(program: Program, steps: list[tuple[str, str]]) -> Program:
    """Copies put in place of their names, and the steps and inputs that nothing uses taken away."""
    renamed: dict[str, str] = {}
    kept: list[tuple[str, str]] = []
    for name, text in steps:
        text = re.sub(r"\b[vxyz]\d*\b", lambda m: renamed.get(m[0], m[0]), text)
        if re.fullmatch(r"[vxyz]\d*", text):
            renamed[name] = text
        else:
            kept.append((name, text))
    needed, live = set(re.findall(r"\b[vxyz]\d*\b", kept[-1][1])), [kept[-1]]
    for name, text in reversed(kept[:-1]):
        if name in needed:
            live.append((name, text))
            needed |= set(re.findall(r"\b[vxyz]\d*\b", text))
    inputs = {name: x for name, x in program.inputs.items() if name in needed} or program.inputs
    along = {name: v for name, v in program.directions.items() if name in inputs}
    return dataclasses.replace(program, inputs=inputs, directions=along, steps=tuple(live[::-1]))
