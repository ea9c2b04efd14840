"""Every certified operation behind a quadratic map of two numbers, through every way of every differential operator.

`python -m tests.derivatives.operators.everywhere [operation ...]` does it for all cases, or those of the operations
named, in three minutes; test_operators_everywhere.py for the operations whose series are written by hand, and a sample.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.testing import assert_allclose

import dezero as D
import dezero.functions as F
from dezero.testing import load
from dezero.testing.problem import on_samples

HERE = Path(__file__).parents[2] / "certification"
CASES = [case for cases in load(HERE).values() for case in cases]
POINT = np.array([0.4, -0.7])
TERMS = {(3, 0): 1.0, (1, 2): 0.5, (1, 1): -1.0, (0, 1): 2.0}
METHODS = ("collapsed", "taylor", "reverse")


def problem_of(case):
    return on_samples(case, [(2,)] * len(case.arguments) if case.elementwise else None)


def behind_a_quadratic_map(problem):
    """The case's number as a function of two: each argument moves along its direction as a quadratic form of them."""
    rng = problem.case.rng("a quadratic map")
    forms = [None if v is None else rng.uniform(-0.3, 0.3, (3, *v.shape)) * v for v in problem.vs]

    def f(u):
        a, b = u[0], u[1]
        xs = zip(problem.xs, forms, strict=True)
        return problem.phi(*[x if q is None else x + a * a * q[0] + a * b * q[1] + b * b * q[2] for x, q in xs])

    return f


def check_second_order(case):
    """The Laplacian in each way, and divergence and curl, against the Hessian by sweeps forward over backward."""
    f = behind_a_quadratic_map(problem_of(case))
    hessian = D.hessian(f)(POINT).data
    scale = max(np.abs(hessian).max(), 1.0)

    def gradient_turned(u):
        g = D.grad(f)(u)
        return F.stack([-g[1], g[0]])

    found = [D.laplacian(f, method)(POINT).item() for method in METHODS]
    found += [D.divergence(D.grad(f))(POINT).item(), D.curl(gradient_turned)(POINT).item()]
    found.append(float(np.trace(D.derivative_tensor(f, 2)(POINT).dense().data)))
    assert_allclose(found, np.trace(hessian), rtol=1e-8, atol=1e-9 * scale)
    assert_allclose(D.jacfwd(D.jacrev(f))(POINT).data, D.jacrev(D.grad(f))(POINT).data, rtol=1e-8, atol=1e-9 * scale)


def check_higher_orders(case):
    """An operator of order 3 in each way against the tensor of all partials, the biharmonic in each way."""
    f = behind_a_quadratic_map(problem_of(case))
    third, second, first = (D.derivative_tensor(f, k)(POINT).dense().data for k in (3, 2, 1))
    expected = third[0, 0, 0] + 0.5 * third[0, 1, 1] - second[0, 1] + 2 * first[1]
    scale = max(np.abs(third).max(), np.abs(second).max(), 1.0)
    for method in METHODS:
        assert_allclose(D.operator(f, TERMS, method)(POINT).item(), expected, rtol=1e-7, atol=1e-8 * scale)
    fourth = D.derivative_tensor(f, 4)(POINT)
    expected = fourth[0, 0, 0, 0].item() + 2 * fourth[0, 0, 1, 1].item() + fourth[1, 1, 1, 1].item()
    scale = max(np.abs(fourth.packed.data).max(), scale)
    for method in METHODS:
        assert_allclose(D.biharmonic(f, method)(POINT).item(), expected, rtol=1e-7, atol=1e-8 * scale)


def main(names):
    failed = 0
    for case in CASES:
        if names and case.name not in names:
            continue
        try:
            check_second_order(case)
            check_higher_orders(case)
        except Exception as error:
            failed += 1
            print(f"{case.title}: {type(error).__name__}: {error}")
    print(f"{failed} cases differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
