"""Every operation, as its certified cases use it, on stacked arrays: values and gradients are those of a loop."""

import warnings
from pathlib import Path

import numpy as np
import pytest

import dezero.functions as F
from dezero import GraphError, GraphWarning, Variable, grad, gradients, vmap
from dezero.core.dtypes import is_real
from dezero.testing import load
from dezero.testing.problem import on_samples, outputs

_CASES = [case for cases in load(Path(__file__).parents[2] / "certification").values() for case in cases]


def stacked(problem):
    """The arguments of three examples, and the axes of the examples."""
    xs = [
        np.stack([x + t * v for t in (0.0, 0.5, -0.5)]) if i in problem.moving else x
        for i, (x, v) in enumerate(zip(problem.xs, problem.vs, strict=True))
    ]
    return xs, tuple([0 if i in problem.moving else None for i in range(len(xs))])


def floats(f):
    return lambda *xs: [y for y in outputs(f(*xs)) if is_real(y)]


def check(case, fallback):
    problem = on_samples(case)
    if not problem.moving:
        pytest.skip("the case has no argument with a derivative")
    xs, axes = stacked(problem)
    rows = [[Variable(np.array(x[i])) if a == 0 else x for x, a in zip(xs, axes, strict=True)] for i in range(3)]
    value = vmap(floats(case.f), axes, fallback=fallback)
    close(value(*xs), [floats(case.f)(*row) for row in rows])
    slope = grad(problem.phi, tuple(problem.moving))
    close(vmap(slope, axes, fallback=fallback)(*xs), [slope(*row) for row in rows])


def close(found, wanted):
    for y, of_each in zip(found, zip(*wanted, strict=True), strict=True):
        expected = np.stack([z.data for z in of_each])
        assert y.dtype == expected.dtype
        scale = np.abs(expected).max(initial=0, where=np.isfinite(expected))
        np.testing.assert_allclose(y.data, expected, rtol=1e-9, atol=1e-12 * scale)


# The cases that run on one example after the other, and why: the whole list.
LOOPS = {
    "accuracy": "it reads the numbers",
    "batch_norm": "it reads the numbers",  # for the running mean and variance
    "batch_norm (two axes)": "it reads the numbers",
    "det (rank four of five)": "it takes another way for some examples",  # by how many singular values are small
    "det (zeros)": "it takes another way for some examples",
    "frexp": "it reads the numbers",  # the exponents
    "logm": "it draws random numbers",  # SciPy estimates norms
    "logm (unit matrix)": "it draws random numbers",
    "lstsq (vector, residual)": "it reads the numbers",  # the rank
    "lstsq (wide)": "it reads the numbers",
}


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.title)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # at points where a case has poles
def test_every_operation_as_its_certified_cases_use_it(case):
    if case.title not in LOOPS:
        check(case, "error")
        return
    with pytest.raises(GraphError, match=LOOPS[case.title]):
        check(case, "error")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GraphWarning)
        check(case, "loop")


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("own", [False, True], ids=["one set of weights", "weights for each"])
def test_sequences_of_an_lstm(own, recorded):
    rng = np.random.default_rng(0)
    shapes = [(4, 3, 2, 3), (4, 2, 5), (4, 2, 5), (4, 3, 20), (4, 5, 20), (4, 20)]
    xs = [rng.standard_normal(s if i < 3 or own else s[1:]) for i, s in enumerate(shapes)]
    given = [Variable(x) for x in xs] if recorded else xs
    axes = (0,) * 6 if own else (0, 0, 0, None, None, None)
    rows = [[x[i] if a == 0 else x for x, a in zip(xs, axes, strict=True)] for i in range(4)]
    found = vmap(F.lstm, axes, fallback="error")(*given)
    close(found, [F.lstm(*row) for row in rows])

    def penalty(*args):
        return sum([F.sum(y * y) for y in F.lstm(*args)])

    slope = grad(penalty, (0, 3, 5))
    close(vmap(slope, axes, fallback="error")(*given), [slope(*row) for row in rows])
    if recorded:
        total = sum([F.sum(y * y) for y in found])
        wanted = sum([penalty(*[v[i] if a == 0 else v for v, a in zip(given, axes, strict=True)]) for i in range(4)])
        for a, b in zip(gradients(total, given), gradients(wanted, given), strict=True):
            np.testing.assert_allclose(a.data, b.data, rtol=1e-10, atol=1e-12)
