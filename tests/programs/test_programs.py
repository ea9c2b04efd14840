"""Random programs: every reading of a program gives its derivatives, those that differences of its values give."""

import dataclasses

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function
from tests.programs import readings
from tests.programs.generate import Program, generate
from tests.programs.judge import judge
from tests.programs.shrink import shrink
from tests.programs.tables import TABLE

COUNT, LOTS = 300, 20

# Programs that failed once, and what was wrong.
CAUGHT = {
    2: "a jet of a number handed its sum a Python float",
    15: "an operator's collapsed way through expm of what is not linear",
    29: "a jet of a number handed an index a Python float",
    34: "a jet along Variables that carry a graph, inside of a program",
    141: "an operator's collapsed way through sqrtm, complex in parts",
    174: "an operator's collapsed way through sqrtm of what is not linear",
    191: "products of matrices that are the same in every row or column, along many directions at once",
    192: "an operator's collapsed way through expm, and a jet of a number",
    828: "ldexp before complex arithmetic",
    2444: "a derivative in an intermediate that is older than a transform, which refused it",
    5024: "a checkpoint of a cube, which a series computed a rounding off, refused to run again",
    5632: "hardshrink's and softshrink's third derivatives at 0",
}


@pytest.mark.parametrize("lot", range(LOTS))
def test_all_readings_of_a_random_program_agree(lot):
    assert [line for seed in range(lot, COUNT, LOTS) for line in map(str, judge(generate(seed), share=5))] == []


@pytest.mark.parametrize("seed", CAUGHT)
def test_programs_that_failed_once_agree(seed):
    assert list(map(str, judge(generate(seed)))) == []


def test_the_programs_are_made_of_most_operations():
    used = {name for operations in TABLE.values() for operation in operations for name in operation.names}
    assert len(used) > 300
    sources = [generate(seed).source for seed in range(COUNT)]
    called = {name for name in used if any(f"F.{name}(" in s or f"T.{name}(" in s for s in sources)}
    assert len(called) > 200


def test_a_seed_is_one_program_and_prints_as_python(capsys):
    first, again = generate(5), generate(5)
    assert (first.source, first.order) == (again.source, again.order)
    exec(compile(first.runnable(), "printed", "exec"), {})
    printed = [line.split("variable(")[1].rstrip(")") for line in capsys.readouterr().out.splitlines()]
    expected = [y for y, _, _ in readings.plain(readings.Problem(first))]
    np.testing.assert_allclose([float(y) for y in printed], expected, rtol=1e-9)


class Crooked(Function):
    """x itself, with a first derivative of 1 and a second one of 2."""

    def forward(self, x):
        return x

    def backward(self, gy):
        (x,) = self.inputs
        return gy * (1 + 2 * (x - x.data))


@pytest.fixture
def crooked(monkeypatch):
    monkeypatch.setattr(F, "crooked", lambda x: Crooked()(x), raising=False)


def program(text):
    x = np.array([0.5, -1.2])
    return Program(0, {"x": x}, {"x": np.array([1.0, -0.5])}, (("v0", "F.sin(x)"), ("result", text)), 2)


def test_the_judge_sees_a_wrong_second_derivative(crooked):
    assert judge(program("F.sum(v0 * 2.0) + F.sum(x * x)")) == []
    found = judge(program("F.sum(v0 * 2.0) + F.sum(F.crooked(x) * x)"))
    assert [(line.reading, line.order) for line in found] == [("differences", 2)]


def test_a_failing_program_is_made_smaller(crooked):
    steps = (("v0", "F.sin(x)"), ("v1", "F.crooked(x)"), ("v2", "F.exp(v1)"))
    result = ("result", "F.sum(v0 * 2.0) + F.sum(v2 * 1.0)")
    smaller = shrink(dataclasses.replace(program("0"), steps=(*steps, result)), lambda p: bool(judge(p)))
    assert [name for name, _ in smaller.steps] == ["v1", "result"]
