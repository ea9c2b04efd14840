"""Random programs: Python text over operations of every kind, inputs and directions, one for each seed."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero as T
import dezero.functions as F
from dezero import Variable
from tests.programs.operation import DIAGONAL, Array, Operation
from tests.programs.tables import TABLE

SHAPES = [(), (), (1,), (2,), (3,), (3,), (4,), (1, 3), (2, 1), (2, 2), (2, 3), (3, 3), (2, 1, 2)]
CLOSEST = 5e-3  # to a kink or a tie
_ELEMENTS, _AXES, _LARGEST = 24, 4, 2.5
_KINDS = ["numbers", "smooth", "kinked", "two", "two", "reducing", "moving", "moving", "products", "linear algebra"]
_KINDS += ["networks", "nested"]
_HEAD = "import numpy as np\nimport dezero as T\nimport dezero.functions as F\n\n"


@dataclass(frozen=True)
class Program:
    """A function of arrays to one number, as text: steps are (name, expression), the last one is the result."""

    seed: int
    inputs: dict[str, Array]
    directions: dict[str, Array]
    steps: tuple[tuple[str, str], ...]
    order: int

    @property
    def source(self) -> str:
        lines = [f"    {name} = {text}" for name, text in self.steps[:-1]]
        return "\n".join([f"def program({', '.join(self.inputs)}):", *lines, f"    return {self.steps[-1][1]}", ""])

    def function(self, functions: Any = F, transforms: Any = T) -> Callable[..., Any]:
        """The program with these operations and transforms: dezero's, or a peer's of the same names."""
        names: dict[str, Any] = {"F": functions, "T": transforms, "np": np}
        exec(compile(self.source, f"<program {self.seed}>", "exec"), names)
        return names["program"]

    def runnable(self) -> str:
        """A script that prints the derivatives along the direction by plain reverse sweeps."""
        given = [f"{name} = np.array({x.tolist()})" for name, x in self.inputs.items()]
        along = ", ".join(f"np.array({v.tolist()})" for v in self.directions.values())
        names = ", ".join(self.inputs)
        return "\n".join(
            [
                _HEAD + self.source,
                *given,
                f"along = [{along}]",
                f"leaves = [T.Variable(x) for x in ({names},)]",
                "y = program(*leaves)",
                f"for order in range({self.order}):",
                "    y = sum((g * v).sum() for g, v in zip(T.gradients(y, leaves, create_graph=True), along))",
                "    print(order + 1, y)",
                "",
            ]
        )


def generate(seed: int) -> Program:
    """The program of a seed: 1 to 3 inputs of at most 8 elements in all, 3 to 10 operations, an order of 1 to 4."""
    rng = np.random.default_rng([seed, 7])
    inputs: dict[str, Array] = {}
    for name in "xyz"[: rng.integers(1, 4)]:
        shape = SHAPES[rng.integers(len(SHAPES))]
        if sum(x.size for x in inputs.values()) + np.prod(shape, dtype=int) <= 9:
            inputs[name] = _rounded(rng.uniform(-1.5, 1.5, shape))
    values = {name: np.asarray(x) for name, x in inputs.items()}
    steps: list[tuple[str, str]] = []
    used: set[str] = set()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for step in range(int(rng.integers(3, 11))):
            name = f"v{step}"
            text, value, args = _step(rng, values)
            steps.append((name, text))
            values[name] = value
            used |= args
    loose = [name for name in values if name not in used]
    steps.append(("result", " + ".join(_number(rng, name, values[name]) for name in loose)))
    directions = {
        name: _rounded(rng.choice([-1, 1], x.shape) * rng.uniform(0.3, 1, x.shape)) for name, x in inputs.items()
    }
    return Program(seed, inputs, directions, tuple(steps), int(rng.choice([1, 2, 2, 2, 3, 3, 3, 4])))


def _rounded(x: Any, digits: int = 2) -> Array:
    return np.asarray(np.round(np.asarray(x, dtype=float), digits))


def _step(rng: np.random.Generator, values: dict[str, Array]) -> tuple[str, Array, set[str]]:
    """An operation that suits some of the values, its result, and the names of its arguments."""
    names = list(values)
    variables = {name: Variable(x.copy()) for name, x in values.items()}
    while True:
        kind = TABLE[_KINDS[rng.integers(len(_KINDS))]]
        operation = kind[rng.integers(len(kind))]
        chosen = {place: names[_recent(rng, len(names))] for place in "ab"[: operation.arity]}
        arrays = [values[name] for name in chosen.values()]
        if not operation.fits(*arrays) or operation.gap(*arrays) < CLOSEST:
            continue
        text = _filled(rng, operation, chosen, arrays[0])
        value = eval(text, {"F": F, "T": T, "np": np, **variables})
        value = np.asarray(value.data)
        if value.dtype != float or not value.size or value.size > _ELEMENTS or value.ndim > _AXES:
            continue
        size = float(np.abs(value).max())
        if not np.isfinite(size):
            raise ArithmeticError(f"{text} is {value} at {arrays}")
        if size > _LARGEST:
            scale = float(f"{2 / size:.2g}")
            text, value = f"({text}) * {scale}", np.asarray(value * scale)
        return text, value, set(chosen.values())


def _recent(rng: np.random.Generator, count: int) -> int:
    """A place, the last ones twice as often as the first."""
    return count - 1 - int(count * rng.uniform() ** 2.5)


def _number(rng: np.random.Generator, name: str, value: Array) -> str:
    """A number made of a value."""
    weights = _text(_rounded(rng.uniform(0.3, 1.5, value.shape)))
    forms = [f"F.sum({name} * {weights})", f"F.sum({name} * {weights})", f"F.sum(F.sin({name}) * {weights})"]
    forms += [f"F.mean({name} ** 2 * {weights})", f"F.logsumexp({name})"]
    return forms[rng.integers(len(forms))]


def _text(x: Any) -> str:
    return f"np.array({np.asarray(x).tolist()})"


def _filled(rng: np.random.Generator, operation: Operation, chosen: dict[str, str], a: Array) -> str:
    """The operation's text with names and constants in the places of its letters."""

    def constant(found: re.Match[str]) -> str:
        place = found[1]
        return chosen[place] if place in chosen else CONSTANTS[place](rng, a, chosen["a"])

    return re.sub(r"\{(\w+)\}", constant, operation.text)


def _signed(rng: np.random.Generator, shape: Any = ()) -> Array:
    return _rounded(rng.choice([-1, 1], shape) * rng.uniform(0.3, 1.6, shape))


def _mask(rng: np.random.Generator, n: int) -> str:
    mask = rng.uniform(size=n) < 0.6
    mask[rng.integers(n)] = True
    return _text(mask)


CONSTANTS: dict[str, Callable[[np.random.Generator, Array, str], str]] = {
    "k": lambda rng, a, name: str(float(_signed(rng))) if rng.integers(3) else str(int(rng.integers(2, 4))),
    "p": lambda rng, a, name: str(float(_rounded(rng.uniform(0.4, 1.9)))),
    "z": lambda rng, a, name: _text(_signed(rng)),
    "v": lambda rng, a, name: _text(_signed(rng, a.shape)),
    "r": lambda rng, a, name: _text(_signed(rng, a.shape[-1:])),
    "q": lambda rng, a, name: _text(_rounded(rng.uniform(0.3, 1, a.shape[-1:]))),
    "m": lambda rng, a, name: _text(_signed(rng, (a.shape[-1], 2))),
    "l": lambda rng, a, name: _text(_signed(rng, (2, a.shape[0]))),
    "A": lambda rng, a, name: f"({name} @ {name}.T + np.diag({list(DIAGONAL[: len(a)])}))",
    "S": lambda rng, a, name: str(a.shape),
    "D": lambda rng, a, name: str(a.ndim),
    "N": lambda rng, a, name: str(a.shape[0]),
    "n": lambda rng, a, name: str(a.shape[-1]),
    "i": lambda rng, a, name: str(int(rng.integers(a.shape[0]))),
    "j": lambda rng, a, name: str(int(rng.integers(a.shape[-1]))),
    "mask": lambda rng, a, name: _mask(rng, a.shape[0]),
    "mask1": lambda rng, a, name: _mask(rng, a.size),
    "idx": lambda rng, a, name: _text(rng.integers(a.shape[-1], size=a.shape)),
    "labels": lambda rng, a, name: _text(rng.integers(a.shape[-1], size=len(a))),
}
