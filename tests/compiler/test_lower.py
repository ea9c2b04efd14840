"""Programs as graphs: each operation of the certificate and its derivatives, and what no operation's case shows."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from dezero import Variable
from dezero.compiler.graph import Unsupported
from dezero.compiler.lower import lower
from dezero.compiler.replay import Replay
from dezero.rewriting.program import Program
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
