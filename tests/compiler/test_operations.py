"""Every operation that is certified is compiled: its value and derivatives, in several dtypes and shapes."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from dezero import ConcretizationError, compile, gradients
from dezero.compiler.replay.replay import Replay
from dezero.compiler.specialise import Options, Specialisation
from dezero.testing import load
from dezero.testing.problem import data, on_samples, outputs, shapes_of
from tests.compiler.same import same

pytest.importorskip("llvmlite")

FAMILIES = load(Path(__file__).parents[1] / "certification")
CASES = {case.title: case for cases in FAMILIES.values() for case in cases}
DTYPES = {np.float64: 2, np.float32: 1}  # to which order each is differentiated
ULPS = 256  # of the largest number of a result: some tens of operations, of whose terms it is the sum

# Cases that are refused while they are traced, each with the reason.
SINGULAR = "the singular values' sizes choose between formulas"
RANK = "the rank chooses the shapes of the results"
REAL = "the eigenvalues decide whether the results are real or complex"
RUNNING = "running means that are plain arrays are changed in place"
REFUSED = {
    "det (5 x 5)": SINGULAR,
    "det (6 x 6)": SINGULAR,
    "det (well conditioned)": SINGULAR,
    "det (rank four of five)": SINGULAR,
    "det (zeros)": SINGULAR,
    "lstsq (vector, residual)": RANK,
    "lstsq (wide)": RANK,
    "eig": REAL,
    "eigvals": REAL,
    "eig (complex)": REAL,
    "eigvals (complex)": REAL,
    "batch_norm": RUNNING,
    "batch_norm (two axes)": RUNNING,
    "frexp": "the exponents come as a plain array",
}
OTHERS = {"dropout": "its case draws its numbers twice, from one seed that is set in the function"}
COMPILED = [title for title in CASES if title not in REFUSED and title not in OTHERS]
ROUNDED = {"lstm": "compiled code has its formula, and not the one operation that eager code runs"}
LAPACK = "the last bits depend on where its arrays lie in memory"
ROUNDED |= {
    case.title: LAPACK
    for family in (
        "determinants",
        "factorization",
        "inverses",
        "linear_systems",
        "matrix_functions",
        "norms",
        "spectral",
    )
    for case in FAMILIES[family]
}


def derivatives(problem, order):
    """The problem's results and the derivatives of their sum, as a function of its arguments."""

    def f(*leaves):
        found = list(outputs(problem.case.f(*leaves)))
        y, moving = problem.phi(*leaves), [leaves[i] for i in problem.moving]
        for _ in range(order):
            grads = gradients(y, moving, create_graph=True)
            found += grads
            y = sum([(g * problem.vs[i]).sum() for g, i in zip(grads, problem.moving, strict=True)])
        return found

    return f


def problems(case):
    for dtype, order in DTYPES.items():
        for shapes in shapes_of(case):
            problem = on_samples(case, shapes)
            problem = problem if dtype is np.float64 else problem.cast(dtype)
            yield problem, derivatives(problem, order)


@pytest.fixture(autouse=True)
def _quiet():
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def assert_close(found, expected):
    """Results of equal shapes and dtypes, and as close as the size of their numbers lets them be."""
    found, expected = data(found), data(expected)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    if expected.dtype.kind not in "fc":
        np.testing.assert_array_equal(found, expected)
        return
    allowed = ULPS * np.finfo(expected.dtype).eps
    size = float(np.abs(expected[np.isfinite(expected)]).max(initial=0))
    np.testing.assert_allclose(found, expected, rtol=allowed, atol=allowed * size)


@pytest.mark.parametrize("title", COMPILED)
def test_an_operation_compiles_to_what_it_computes(title):
    for problem, f in problems(CASES[title]):
        leaves = problem.leaves()
        compiled = compile(f, fallback="error")
        expected = f(*leaves)
        for found, wanted in zip(compiled(*leaves), expected, strict=True):
            assert_close(found, wanted)


@pytest.mark.parametrize("title", COMPILED)
def test_replay_computes_what_the_operations_do(title):
    """To the bit of one of several runs: a derivation from the cache may add in another order than the first one, and
    LAPACK's last bits depend on where arrays lie in memory."""
    for problem, f in problems(CASES[title]):
        leaves = problem.leaves()
        found = Specialisation(f, tuple(leaves), {}, Options((), False, 1, "eager"))
        found.run = Replay(found.graph)
        results = found(leaves, found.inputs(leaves))
        runs = [f(*leaves) for _ in range(3)]
        if title not in ROUNDED:
            assert any([same([data(y) for y in results], [data(y) for y in run]) for run in runs])
        expected = runs[-1]
        for a, b in zip(results, expected, strict=True):
            assert_close(a, b)


@pytest.mark.parametrize("title", REFUSED)
def test_what_is_refused_says_why(title):
    problem, f = next(problems(CASES[title]))
    with pytest.raises(ConcretizationError, match="inside a compiled function"):
        compile(f)(*problem.leaves())
