"""A right side as recurrences: how Taylor coefficient k of each number in it follows from lower and earlier ones."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from dezero.compiler.graph import Graph, Number, Unsupported
from dezero.compiler.kernel import Instruction
from dezero.compiler.machine.scalars import LARGEST, Read, Scalars, scalars

_F64 = np.dtype(np.float64)
_LARGEST_POWER = 16  # whole exponents up to it are products, which have series at a base of 0 too


class Term(NamedTuple):
    """A number that moves with the time, and what it is of other ones.

    kind: "state", "time" (no args); "constant" (a Fixed one); "add", "subtract", "multiply",
    "divide", "negative"; "power" with a fixed exponent; "integral": a function r of a with r' = factor w a', for
    args (a, w). args: moving terms by their places; Fixed ones
    do not depend on the time. name: of the ufunc that gives an integral's first coefficient.
    """

    kind: str
    args: tuple[int | Fixed, ...] = ()
    name: str = ""
    factor: float = 1.0


class Fixed(NamedTuple):
    """A number that does not move: a value of the program."""

    value: int


class Recurrences(NamedTuple):
    """The terms, the program whose fixed values they refer to, and for each state the term of its rate."""

    terms: list[Term]
    program: Scalars
    rates: list[int]


def recurrences(graph: Graph, states: int, time: int | None) -> Recurrences:
    """The recurrences of a graph's outputs, the rates of the states that are its first inputs.

    states: how many of the inputs are states; time: the input that is the time. Raises Unsupported for operations
    without a recurrence, such as those with kinks, for numbers that are not float64, and for large graphs.
    """
    return _Reader(scalars(graph), states, time).read()


class _Reader:
    """A program of numbers read value by value."""

    def __init__(self, program: Scalars, states: int, time: int | None) -> None:
        self.program = Scalars(list(program.values), program.outputs)
        self.states, self.time = states, time
        self.terms: list[Term] = []
        self.known: dict[Term, int] = {}
        self.found: dict[int, int | Fixed] = {}
        self.numbers: dict[str, Fixed] = {}  # by their texts, in which 0.0 is not -0.0

    def read(self) -> Recurrences:
        reads = [(n, v) for n, v in enumerate(self.program.values) if isinstance(v, Read) and v.position < self.states]
        first = {(v.position, v.offset): n for n, v in reads}
        for position, out in enumerate(self.program.outputs):
            for offset in range(out.size):
                self.terms.append(Term("state", name=f"{position} {offset}"))
                number = first.get((position, offset))
                if number is not None:
                    self.found[number] = len(self.terms) - 1
        live = self.program.live()
        for number in sorted(live):
            if number not in self.found:
                self.found[number] = self._value(number)
        if len(self.terms) > 4 * LARGEST:
            raise Unsupported(f"{len(self.terms)} numbers are too many for series one by one")
        found = [self.found[int(n)] for out in self.program.outputs for n in out.flat]
        rates = [self.add(Term("constant", (a,))) if isinstance(a, Fixed) else a for a in found]
        return Recurrences(self.terms, self.program, rates)

    def _value(self, number: int) -> int | Fixed:
        value = self.program.values[number]
        if isinstance(value, Read) and value.position == self.time:
            return self.add(Term("time"))
        if not isinstance(value, Instruction):
            return Fixed(number)
        args = [self._number(a.value) if isinstance(a, Number) else self.found[a] for a in value.args]
        if all([isinstance(a, Fixed) for a in args]):
            return Fixed(number)
        if not all([d == _F64 for d in value.loop]):
            raise Unsupported(f"{value.name} of {value.loop[0]} has no recurrence here")
        args = [self._double(a) if isinstance(a, Fixed) else a for a in args]
        rule = _RULES.get(value.name)
        if rule is None:
            raise Unsupported(f"{value.name} has no recurrence of its Taylor coefficients here")
        return rule(self, *args)

    def _number(self, value: Any) -> Fixed:
        """A Python number as a value of the program."""
        key = repr(float(value))
        if key not in self.numbers:
            self.program.values.append(np.float64(value))
            self.numbers[key] = Fixed(len(self.program.values) - 1)
        return self.numbers[key]

    def _double(self, a: Fixed) -> Fixed:
        value = self.program.values[a.value]
        dtype = _out(value) if isinstance(value, Instruction) else value.dtype
        if dtype == _F64:
            return a
        self.program.values.append(Instruction("cast", (a.value,), (_F64,)))
        return Fixed(len(self.program.values) - 1)

    def number_of(self, a: int | Fixed) -> float | None:
        """What a fixed number is, where the program knows it."""
        value = self.program.values[a.value] if isinstance(a, Fixed) else None
        return float(value) if isinstance(value, np.generic) else None

    def add(self, term: Term) -> int:
        if term not in self.known:
            self.terms.append(term)
            self.known[term] = len(self.terms) - 1
        return self.known[term]

    def plain(self, kind: str, *args: Any) -> int:
        given = [self._number(a) if isinstance(a, float) else a for a in args]
        return self.add(Term(kind, tuple(given)))

    def fixed(self, name: str, a: Fixed) -> Fixed:
        self.program.values.append(Instruction(name, (a.value,), (_F64, _F64)))
        return Fixed(len(self.program.values) - 1)

    def integral(self, name: str, a: int, slope: Callable[[int], int], factor: float = 1.0) -> int:
        """The term of a function of a, whose slope in a is factor times what `slope` makes of the function's term."""
        key = Term("integral", (a,), name, factor)
        if key not in self.known:
            self.terms.append(key)
            place = self.known[key] = len(self.terms) - 1
            self.terms[place] = Term("integral", (a, slope(place)), name, factor)
        return self.known[key]


def _power(r: _Reader, a: int | Fixed, b: int | Fixed) -> int:
    if isinstance(a, Fixed):
        assert not isinstance(b, Fixed)
        return _exp(r, r.plain("multiply", r.fixed("log", a), b))
    if not isinstance(b, Fixed):
        return _exp(r, r.plain("multiply", b, _log(r, a)))
    exponent = r.number_of(b)
    if exponent is not None and exponent == int(exponent) and 1 <= exponent <= _LARGEST_POWER:
        return _product(r, a, int(exponent))
    return r.plain("power", a, b)


def _product(r: _Reader, a: int, n: int) -> int:
    if n == 1:
        return a
    half = _product(r, a, n // 2)
    square = r.plain("multiply", half, half)
    return r.plain("multiply", square, a) if n % 2 else square


def _exp(r: _Reader, a: int) -> int:
    return r.integral("exp", a, lambda y: y)


def _log(r: _Reader, a: int) -> int:
    return r.integral("log", a, lambda y: r.plain("divide", 1.0, a))


def _circular(r: _Reader, name: str, a: int) -> int:
    """sin and cos, or sinh and cosh, of which each is the other's slope; they are made in this order."""
    first, second, factor = ("sin", "cos", -1.0) if name in ("sin", "cos") else ("sinh", "cosh", 1.0)
    made = {}
    for own, sign in ((first, 1.0), (second, factor)):
        key = Term("integral", (a,), own, sign)
        if key not in r.known:
            r.terms.append(key)
            r.known[key] = len(r.terms) - 1
        made[own] = r.known[key]
    r.terms[made[first]] = Term("integral", (a, made[second]), first, 1.0)
    r.terms[made[second]] = Term("integral", (a, made[first]), second, factor)
    return made[name]


def _with_square(r: _Reader, name: str, kind: str, a: int) -> int:
    """tanh and tan, whose slopes are 1 minus, and plus, their squares."""
    return r.integral(name, a, lambda y: r.plain(kind, 1.0, r.plain("multiply", y, y)))


def _logistic(r: _Reader, a: int) -> int:
    return r.integral("expit", a, lambda y: r.plain("multiply", y, r.plain("subtract", 1.0, y)))


def _by_square(r: _Reader, name: str, a: int) -> int:
    """arctan and arcsinh, whose slopes are powers of 1 + a * a."""
    base = r.plain("add", 1.0, r.plain("multiply", a, a))
    exponent = -1.0 if name == "arctan" else -0.5
    return r.integral(name, a, lambda y: r.plain("power", base, exponent))


def _erf(r: _Reader, a: int) -> int:
    bell = lambda y: _exp(r, r.plain("negative", r.plain("multiply", a, a)))  # noqa: E731
    return r.integral("erf", a, bell, 2 / math.sqrt(math.pi))


def _plain(kind: str) -> Callable[..., int]:
    return lambda r, *args: r.plain(kind, *args)


_RULES: dict[str, Callable[..., int]] = {
    **{name: _plain(name) for name in ("add", "subtract", "multiply", "divide", "negative")},
    "true_divide": _plain("divide"),
    "positive": lambda r, a: a,
    "power": _power,
    "float_power": _power,
    "square": lambda r, a: r.plain("multiply", a, a),
    "sqrt": lambda r, a: r.plain("power", a, 0.5),
    "reciprocal": lambda r, a: r.plain("divide", 1.0, a),
    "exp": _exp,
    "expm1": lambda r, a: r.integral("expm1", a, lambda y: r.plain("add", 1.0, y)),
    "log": _log,
    "log1p": lambda r, a: r.integral("log1p", a, lambda y: r.plain("divide", 1.0, r.plain("add", 1.0, a))),
    "tanh": lambda r, a: _with_square(r, "tanh", "subtract", a),
    "tan": lambda r, a: _with_square(r, "tan", "add", a),
    "expit": _logistic,
    "erf": _erf,
    **{name: functools.partial(lambda name, r, a: _circular(r, name, a), name) for name in ("sin", "cos")},
    **{name: functools.partial(lambda name, r, a: _circular(r, name, a), name) for name in ("sinh", "cosh")},
    **{name: functools.partial(lambda name, r, a: _by_square(r, name, a), name) for name in ("arctan", "arcsinh")},
}


def _out(instruction: Instruction) -> Any:
    return instruction.loop[0 if instruction.name in ("cast", "where") else len(instruction.args)]


def levels(terms: Sequence[Term]) -> list[int]:
    """How many terms stand one after another below each; an integral waits for its argument alone."""
    found: dict[int, int] = {}

    def level(place: int) -> int:
        if place not in found:
            term = terms[place]
            args = term.args[:1] if term.kind == "integral" else term.args
            found[place] = 1 + max([level(a) for a in args if not isinstance(a, Fixed)], default=-1)
        return found[place]

    for place in range(len(terms)):
        level(place)
    return [found[place] for place in range(len(terms))]
