"""Programs as graphs: each operation of the certificate and its derivatives, and what no operation's case shows."""

import warnings
from pathlib import Path

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import Variable
from dezero.compiler.evaluate import evaluate
from dezero.compiler.graph import Unsupported
from dezero.compiler.lowering.lower import lower
from dezero.compiler.replay.replay import Replay
from dezero.core.op import GENERAL, Op
from dezero.rewriting.program import Program
from dezero.rewriting.types import Type
from dezero.testing import load
from dezero.testing.problem import on_samples, outputs
from tests.compiler.same import assert_replays, with_derivatives

CASES = [case for cases in load(Path(__file__).parents[1] / "certification").values() for case in cases]


def traced(case, order):
    """The program of a case and its derivatives, and the arrays for its inputs."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arguments = on_samples(case).leaves()
        leaves = [a for a in arguments if isinstance(a, Variable)]
        found = [y for y in outputs(case.f(*arguments)) if isinstance(y, Variable)]
        program = Program.traced("test", leaves, with_derivatives(leaves, found, order))
    return program, [x.data for x in leaves]


# Whether eigenvalues are complex depends on the numbers, so that no graph has a type for them.
UNTYPED = {"eig (complex)", "eigvals (complex)"}


@pytest.mark.parametrize("case", [case for case in CASES if case.title not in UNTYPED], ids=lambda case: case.title)
def test_an_operation_and_its_derivatives_are_replayed_to_the_bit(case):
    program, arrays = traced(case, 2)
    graph = assert_replays(program, arrays)
    assert len(graph.outputs) == len(program.outputs)


@pytest.mark.parametrize("case", [case for case in CASES if case.title in UNTYPED], ids=lambda case: case.title)
def test_a_result_whose_type_depends_on_numbers_is_refused(case):
    program, arrays = traced(case, 1)
    with pytest.raises(Unsupported, match="complex128 array"):
        Replay(lower(program))(*arrays)


# -- values that write into arrays ------------------------------------------------------------------------------


def recorded_value(value, *shapes):
    """The primitives that a value of the library's becomes, and what replaying them gives beside the value itself."""
    value.__module__ = "dezero.test"  # as the library's own: it runs with a stand-in for numpy
    op = Op("value", GENERAL, value, [None] * len(shapes))
    program = Program([Type(shape, np.dtype(float)) for shape in shapes], [], [(op, range(len(shapes)))], [len(shapes)])
    arrays = [np.random.default_rng(i).standard_normal(shape) for i, shape in enumerate(shapes)]
    return [node.primitive for node in assert_replays(program, arrays).nodes]


def test_an_array_that_is_made_and_written_to():
    def value(x):
        y = np.zeros((5, 3))
        y[1:3] = x
        y *= 2
        np.exp(y, out=y)
        return y

    assert recorded_value(value, (2, 3)) == ["input", "embed", "map", "map"]


def test_writing_through_a_view_changes_the_array():
    def value(x):
        y = np.zeros((5, 3))
        part = y[2:4]
        part += x
        y[2:4] = part
        return y + 1

    assert recorded_value(value, (2, 3)) == ["input", "constant", "map", "embed", "map"]


def test_what_is_written_over_numbers_is_chosen():
    def over_numbers(x):
        y = x * 2
        y[0] = 7
        return y

    assert recorded_value(over_numbers, (4,)) == ["input", "map", "constant", "constant", "where"]


def test_what_is_written_into_an_argument_or_read_before_a_change_is_a_call():
    def stale(x):
        y = x * 2
        before = y[1:]
        y += 1
        return before + 0

    def reads_numbers(x):
        return x * float(x.sum())

    for value in (stale, reads_numbers):
        assert recorded_value(value, (4,)) == ["input", "call"]


def test_loops_over_elements_are_a_call():
    def value(x):
        y = x
        for _ in range(100):
            y = y * x
        return y

    assert recorded_value(value, (4,)) == ["input", "call"]


def test_an_operation_of_the_users_that_leaves_numpys_protocols_is_a_call():
    def value(x):
        y = np.zeros(6)
        y[1:5] = x
        return np.asarray(x, dtype=float) + y[:4]

    op = Op("mine", GENERAL, value, [None])
    program = Program([Type((4,), np.dtype(float))], [], [(op, [0])], [1])
    graph = assert_replays(program, [np.arange(4.0)])
    assert [node.primitive for node in graph.nodes] == ["input", "call"]


def test_the_types_of_nodes_are_those_of_the_arrays():
    x = np.linspace(0, 1, 6, dtype=np.float32).reshape(2, 3)
    leaf = Variable(x)
    mask = np.array([[True, False, True]])
    found = [
        F.where(mask, leaf, 0.5),
        leaf * mask,
        leaf + np.arange(3),
        F.sum(leaf > 0.3),
        F.astype(leaf, np.float64) / 3,
    ]
    program = Program.traced("test", [leaf], found)
    graph = lower(program)
    for node, value in zip(graph.nodes, evaluate(graph, [x]), strict=True):
        assert (node.shape, node.dtype) == (value.shape, value.dtype)


def test_an_operation_that_fails_for_every_stand_in_is_refused():
    def value(x):
        raise ValueError("never")

    program = Program([Type((4,), np.dtype(float))], [], [(Op("never", GENERAL, value, [None]), [0])], [1])
    with pytest.raises(Unsupported, match="never gives no result"):
        lower(program)


def test_a_call_on_a_long_matrix_needs_no_square_of_its_rows():
    rows = np.arange(300_000) % 5
    found = dezero.compile(dezero.grad(lambda x: F.sum(x[rows] ** 2)))(np.ones((5, 2)))
    np.testing.assert_array_equal(found.data, np.full((5, 2), 120_000.0))
