"""Every operation certified: to order 3, its scalar form to order 10; and the committed table claims no more."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable
from dezero.testing import QUICK, certify, claims, load, operations_of, overclaimed

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "certified.md"
CASES = [case for cases in load(HERE).values() for case in cases]
CLAIMED = claims(PAGE.read_text())

# Operations that have no case, each with the reason.
INTERNAL = {
    "alias": "its value and cotangent are what it is given (tests/derivatives/test_nesting.py)",
    "gelu_tanh_slope": "the derivative of gelu_tanh, and so in its orders",
    "stopped": "what detach gives in a function that is being mapped; its derivative is zero (derivatives/batching)",
    "full_like": "a derivative that came out a number, kept in the graph; its own is zero (core/test_rewriting_limits.py)",
}

# Public functions whose results are places or counts: integers, which have no derivative (tests/functions).
COUNTING = {
    "argmax": lambda x: F.argmax(x),
    "argmin": lambda x: F.argmin(x, axis=0),
    "argpartition": lambda x: F.argpartition(x, 1),
    "argsort": lambda x: F.argsort(x),
    "argwhere": lambda x: F.argwhere(x),
    "count_nonzero": lambda x: F.count_nonzero(x, axis=0),
    "flatnonzero": lambda x: F.flatnonzero(x),
    "nonzero": lambda x: F.nonzero(x)[0],
    "searchsorted": lambda x: F.searchsorted(np.arange(3.0), x),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_an_operation_is_what_its_case_says(case):
    certificate = certify(case, QUICK)
    assert certificate.passed, "\n" + certificate.report()
    assert overclaimed(CLAIMED, certificate) == []


def test_the_table_names_operations_that_have_cases():
    assert {operation for operation, _ in CLAIMED} <= {case.name for case in CASES}


@pytest.fixture(scope="module")
def declared():
    """The declared operations, as a process sees them in which no test has declared others."""
    code = "import dezero.functions; from dezero.core.op import declared; print(*declared)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_every_declared_operation_has_a_case(declared):
    certified = {name for case in CASES for name in operations_of(case)}
    assert {"add", "matmul", "output"} <= declared
    assert declared - certified - INTERNAL.keys() == set()
    assert INTERNAL.keys() <= declared - certified


def test_every_public_function_has_a_case():
    public = {name: getattr(F, name) for name in dir(F) if not name.startswith("_") and callable(getattr(F, name))}
    certified = [case.function for case in CASES]
    assert {"add", "matmul"} <= public.keys()
    named = {c.name for c in CASES}
    assert [name for name, f in public.items() if f not in certified and name not in named | COUNTING.keys()] == []


@pytest.mark.parametrize("name", COUNTING)
def test_places_and_counts_are_plain_integers(name):
    found = COUNTING[name](Variable(np.array([[2.0, 0.0, 1.5], [0.5, 3.0, 1.0]])))
    assert isinstance(found, np.ndarray | np.integer)
    assert found.dtype.kind == "i"
