"""Every operation of the certificate: its value and its derivatives run as a program, or are refused with a reason."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from dezero import Variable, gradients
from dezero.compiler import ConcretizationError
from dezero.compiler.tracing.trace import trace
from dezero.testing import load
from dezero.testing.problem import on_samples, outputs, shapes_of

CASES = [case for cases in load(Path(__file__).parents[1] / "certification").values() for case in cases]

# Operations whose way, or the type of whose result, depends on numbers.
REFUSED = {
    "accuracy": "its count is a number",
    "average": "it asks whether the weights add up to 0",
    "batch_norm": "it changes running statistics that are plain arrays (those of a layer are Variables)",
    "dropout": "its case seeds NumPy's generator, which a program does not (test_trace_updates.py)",
    "det": "it asks whether a matrix is singular",
    "eig": "eigenvalues of a real matrix are real or complex",
    "eigvals": "eigenvalues of a real matrix are real or complex",
    "expm": "the number of squarings depends on the norm",
    "frexp": "exponents are plain integers",
    "interp": "it asks whether the points ascend",
    "logm": "the number of roots depends on the norm",
    "lstsq": "the rank is a number",
    "scaled_dot_product_attention": "it asks whether a bias holds -inf",
    "sqrtm": "it asks whether a root exists",
}


def functions(problem):
    """The outputs, a gradient, and a gradient of that, as functions of the arguments that move."""

    def given(xs):
        full = list(problem.xs)
        for place, x in zip(problem.moving, xs, strict=True):
            full[place] = x
        return full

    def second(*xs):
        inner = gradients(problem.phi(*given(xs)), xs, create_graph=True)
        return list(gradients(sum([(g * g).sum() for g in inner]), xs))

    return {
        "value": lambda *xs: list(outputs(problem.case.f(*given(xs)))),
        "gradient": lambda *xs: list(gradients(problem.phi(*given(xs)), xs)),
        "second": second,
    }


def traced(case):
    """Of value, gradient and second derivative the reason for which it was refused, or "" where the program agrees."""
    problem = on_samples(case, shapes_of(case)[0])
    found = {}
    for name, f in functions(problem).items():
        xs = [Variable(problem.xs[i].copy()) for i in problem.moving]
        wanted = f(*xs)
        try:
            results = trace(f, xs).replay(*xs)
        except ConcretizationError as error:
            found[name] = str(error)
            continue
        for a, b in zip(results, wanted, strict=True):
            assert (a.shape, a.dtype) == (b.shape, b.dtype)
            size = np.max(np.abs(b.data), where=np.isfinite(b.data), initial=1)
            np.testing.assert_allclose(a.data, b.data, rtol=1e-12, atol=1e-12 * size, err_msg=f"{case.title}: {name}")
        found[name] = ""
    return found


@pytest.mark.parametrize("case", [case for case in CASES if case.title != "dropout"], ids=lambda case: case.title)
def test_an_operation_runs_as_a_program_or_is_refused(case):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = traced(case)
    if case.name in REFUSED:
        assert all([not reason or "inside a compiled function at" in reason for reason in found.values()])
    else:
        assert found == dict.fromkeys(found, "")


def test_most_cases_are_of_operations_that_run():
    refused = [case for case in CASES if case.name in REFUSED]
    assert len(refused) < len(CASES) * 0.07
