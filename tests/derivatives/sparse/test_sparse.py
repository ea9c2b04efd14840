"""Sparse derivatives equal dense ones, in the sweeps that they say."""

import warnings
import weakref
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

import dezero.functions as F
from dezero import GraphWarning, Variable, cache_info, clear_cache, grad, gradients
from dezero.core.declare import elementwise
from dezero.core.op import declared
from dezero.core.registry import operations, values
from dezero.derivatives.sparse import planning
from dezero.derivatives.sparse.derivatives import sparse_hessian, sparse_jacobian, sparse_third
from dezero.testing import load
from dezero.testing.problem import on_samples, outputs
from tests.derivatives.programs import Mix, points, programs
from tests.derivatives.sparse.test_sparsity import dense_hessian, dense_jacobian


def rosenbrock(x):
    return F.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_hessian(x):
    diagonal = np.zeros(len(x))
    diagonal[:-1] += 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
    diagonal[1:] += 200
    return np.diag(diagonal) + np.diag(-400 * x[:-1], 1) + np.diag(-400 * x[:-1], -1)


def dense_third(f, x):
    x = Variable(x)
    (g,) = gradients(f(x), x, create_graph=True)
    rows = [gradients(g, x, e, create_graph=True)[0] for e in np.eye(x.size)]
    return np.array([[gradients(row, x, e)[0].data for e in np.eye(x.size)] for row in rows])


def same(found, wanted):
    scale = max(np.abs(wanted).max(initial=0), 1)  # what cancels (the sum of a softmax) is of order 1
    np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-13 * scale)


@given(programs(), st.integers(0, 99))
def test_a_coloured_jacobian_equals_the_dense_one(f, seed):
    x = points(seed)
    found = sparse_jacobian(f)(x)
    assert found.format == "csr"
    same(found.toarray(), dense_jacobian(f, x))


@given(programs(), st.integers(0, 99))
def test_a_coloured_hessian_equals_the_dense_one(f, seed):
    x = points(seed)
    found = sparse_hessian(lambda x: F.sum(f(x)))(x).toarray()
    same(found, dense_hessian(lambda x: F.sum(f(x)), x))
    assert (found == found.T).all()


@settings(max_examples=20)
@given(programs(), st.integers(0, 99))
def test_a_coloured_third_derivative_equals_the_dense_one(f, seed):
    x = points(seed)
    found = sparse_third(lambda x: F.sum(f(x)))(x).toarray()
    same(found, dense_third(lambda x: F.sum(f(x)), x))
    assert (found == found.transpose(1, 2, 0)).all()
    assert (found == found.transpose(1, 0, 2)).all()


@given(st.integers(2, 12), st.floats(0.1, 0.9), st.integers(0, 999))
def test_hessians_of_random_patterns_by_star_colourings(n, density, seed):
    """Edges of a random graph as products: what a star colouring reads from either of two rows is right."""
    rng = np.random.default_rng(seed)
    i, j = np.nonzero(np.triu(rng.random((n, n)) < density, 1))
    x = rng.uniform(0.5, 2, n)

    def f(x):
        return F.sum(F.exp(x[i] * x[j])) + F.sum(x**3)

    same(sparse_hessian(f)(x).toarray(), dense_hessian(f, x))


def test_rosenbrock():
    x = np.random.default_rng(0).uniform(-2, 2, 1000)
    plan = sparse_hessian(rosenbrock).plan(x)
    assert plan.sweeps <= 3
    assert plan.pattern.nnz == 2998
    found = plan(x)
    assert found.nnz == 2998
    same(found.toarray(), rosenbrock_hessian(x))
    same(found.toarray(), dense_hessian(rosenbrock, x))


def test_a_hessian_with_hubs_takes_two_sweeps():
    x = np.linspace(1, 2, 50)

    def f(x):
        return F.sum(x[0] ** 2 * F.sin(x))

    hessian = sparse_hessian(f)
    assert hessian.plan(x).sweeps == 2
    same(hessian(x).toarray(), dense_hessian(f, x))


def test_jacobians_take_the_direction_of_fewer_sweeps():
    x = np.linspace(1, 2, 30)
    wide = sparse_jacobian(lambda x: F.reshape(F.sum(x**2), (1,)))
    assert (wide.plan(x).sweeps, wide(x).shape) == (1, (1, 30))
    tall = sparse_jacobian(lambda x: F.outer(np.arange(1.0, 6.0), x[:1] ** 2))
    assert (tall.plan(x).sweeps, tall(x).shape) == (1, (5, 30))
    both = sparse_jacobian(lambda x: x[1:] * x[:-1])
    assert both.plan(x).sweeps == 2
    for jacobian in (wide, tall, both):
        same(jacobian(x).toarray(), dense_jacobian(jacobian.f, x))


def test_any_shapes_row_major():
    x = np.random.default_rng(0).random((2, 3))
    same(sparse_jacobian(lambda x: F.sin(x.T) * 2)(x).toarray(), dense_jacobian(lambda x: F.sin(x.T) * 2, x))
    same(sparse_hessian(lambda x: F.sum(x[0] * x[1]))(x).toarray(), np.eye(6, k=3) + np.eye(6, k=-3))
    assert sparse_jacobian(lambda x: x * x)(np.array(3.0)).toarray().tolist() == [[6.0]]
    assert sparse_hessian(lambda x: x * x)(np.array(3.0)).toarray().tolist() == [[2.0]]


def test_what_is_linear_or_constant_takes_no_sweep():
    hessian = sparse_hessian(lambda x: F.sum(3 * x))
    assert hessian.plan(np.ones(4)).sweeps == 0
    assert hessian(np.ones(4)).shape == (4, 4)
    assert sparse_jacobian(lambda x: Variable(np.ones(2)))(np.ones(3)).nnz == 0
    assert sparse_third(lambda x: F.sum(3 * x))(np.ones(4)).nnz == 0


def test_float32_stays():
    x = np.linspace(1, 2, 5, dtype=np.float32)
    assert sparse_jacobian(lambda x: x[1:] * x[:-1])(x).dtype == np.float32
    assert sparse_jacobian(lambda x: F.reshape(F.sum(x * x), (1,)))(x).dtype == np.float32
    assert sparse_hessian(rosenbrock)(x).dtype == np.float32


def test_variables_are_points_too_and_stay_untouched():
    x = Variable(np.linspace(0, 1, 4))
    same(sparse_hessian(rosenbrock)(x).toarray(), rosenbrock_hessian(x.data))
    assert x.grad is None


# -- plans -----------------------------------------------------------------------------------------------------


def test_a_plan_serves_other_points():
    plan = sparse_hessian(rosenbrock).plan(np.zeros(9))
    x = np.linspace(-1, 1, 9)
    same(plan(x).toarray(), rosenbrock_hessian(x))
    first = plan(x)
    first.indices[:] = 0  # a result is the user's own
    same(plan(x).toarray(), rosenbrock_hessian(x))


def test_the_last_plan_is_kept_for_graphs_of_the_same_structure(monkeypatch):
    clear_cache()
    made = []
    real = planning.hessian_pattern
    monkeypatch.setattr(planning, "hessian_pattern", lambda *args: made.append(args) or real(*args))
    hessian = sparse_hessian(rosenbrock)
    for x in (np.zeros(5), np.ones(5), np.linspace(0, 3, 5), np.zeros(6), np.ones(6)):
        same(hessian(x).toarray(), rosenbrock_hessian(x))
    assert len(made) == 2


def test_a_plan_is_not_kept_where_the_pattern_may_be_another():
    def branching(x):
        return F.sum(x**2) if x.data[0] > 0 else x[0] * x[1] + F.sum(x**2)

    hessian = sparse_hessian(branching)
    for x in (np.ones(3), -np.ones(3), np.ones(3)):
        same(hessian(x).toarray(), dense_hessian(branching, x))
    with pytest.raises(ValueError, match="sparse_hessian: f ran other operations"):
        hessian.plan(np.ones(3))(-np.ones(3))
    with pytest.raises(ValueError, match="make a plan at the new x"):
        hessian.plan(np.ones(3))(np.ones(4))


@pytest.mark.parametrize(
    "f",
    [
        lambda x, k: F.matmul(np.eye(4, k=k), x * x),
        lambda x, k: F.matmul(Variable(np.eye(4, k=k)), x * x),
        lambda x, k: x[np.arange(4) - k] ** 2,
        lambda x, k: F.sin(F.roll(x, k)),
        lambda x, k: x ** (k + 1),
        lambda x, k: k * x**2 + x[0],
        lambda x, k: F.where(np.arange(4) > k, x**2, x[::-1]),
        lambda x, k: F.sort(x * (-1) ** k),
        lambda x, k: Mix()(x[: 4 - k]),
        lambda x, k: F.take_along_axis(x, np.arange(4)[::-1] if k else np.arange(4), 0) ** 2,
    ],
)
def test_functions_that_change_from_call_to_call(f):
    which = [0]
    jacobian = sparse_jacobian(lambda x: f(x, which[0]))
    x = np.array([0.3, 0.9, 0.1, 0.5])
    for which[0] in (0, 1, 0, 1):
        same(jacobian(x).toarray(), dense_jacobian(lambda x: f(x, which[0]), x))


# -- patterns from outside -------------------------------------------------------------------------------------


def test_a_given_pattern_is_used():
    x = np.linspace(-1, 1, 6)
    band = np.eye(6) + np.eye(6, k=1)  # the upper half is enough
    plan = sparse_hessian(rosenbrock, sparsity=band).plan(x)
    assert plan.sweeps == 3
    same(plan(x).toarray(), rosenbrock_hessian(x))
    zeros = scipy.sparse.csr_array((np.zeros(5), (np.arange(5), np.arange(5))), shape=(5, 5))
    same(sparse_jacobian(F.exp, sparsity=zeros)(np.ones(5)).toarray(), np.e * np.eye(5))
    same(sparse_third(rosenbrock, sparsity=band)(x).toarray(), dense_third(rosenbrock, x))


@pytest.mark.parametrize("make", [sparse_hessian, sparse_third])
def test_a_given_pattern_that_misses_a_nonzero_is_refused(make):
    with pytest.raises(ValueError, match=make.__name__ + ": sparsity lacks nonzeros of the derivative, first in row 0"):
        make(rosenbrock, sparsity=np.eye(5))(np.ones(5))


def test_a_given_jacobian_that_misses_a_nonzero_is_refused():
    with pytest.raises(ValueError, match="sparse_jacobian: sparsity lacks nonzeros"):
        sparse_jacobian(lambda x: x[1:] * x[:-1], sparsity=np.eye(3, 4))(np.ones(4))
    with pytest.raises(ValueError, match="sparsity lacks nonzeros of the derivative, first in column 1"):
        sparse_jacobian(lambda x: F.reshape(F.sum(x * x), (1,)), sparsity=np.eye(1, 4))(np.ones(4))


def test_bad_input():
    with pytest.raises(ValueError, match=r"sparsity has shape \(2, 2\), the derivative has \(3, 3\)"):
        sparse_jacobian(F.exp, sparsity=np.eye(2))(np.ones(3))
    with pytest.raises(TypeError, match="sparse_hessian: f is number 3"):
        sparse_hessian(3)
    with pytest.raises(ValueError, match=r"sparse_third: the function returned .*\(3,\).*, not a number"):
        sparse_third(F.exp)(np.ones(3))
    with pytest.raises(ValueError, match="sparse_third: the Hessian's pattern is too dense"):
        sparse_third(lambda x: F.sum(x) ** 3)(np.ones(1000))


# -- every operation -------------------------------------------------------------------------------------------

_CASES = [case for cases in load(Path(__file__).parents[2] / "certification").values() for case in cases]
_LARGEST = 20  # elements, since the derivatives that the sparse ones are held against are dense


def _elements(case):
    problem = on_samples(case)
    return sum(problem.xs[i].size for i in problem.moving)


@pytest.mark.parametrize("case", [c for c in _CASES if 0 < _elements(c) <= _LARGEST], ids=lambda case: case.title)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # at points where a case has poles
def test_every_operation_as_its_certified_cases_use_it(case):
    """Jacobian and Hessian in all its arguments, joined into one vector."""
    problem = on_samples(case)
    sizes = [problem.xs[i].size for i in problem.moving]

    def arguments(x):
        parts = dict(zip(problem.moving, F.split(x, np.cumsum(sizes)[:-1].tolist()), strict=True))
        return [F.reshape(parts[i], a.shape) if i in parts else a for i, a in enumerate(problem.xs)]

    def f(x):
        ys = zip(outputs(case.f(*arguments(x))), problem.weights, strict=True)
        return F.concatenate([F.ravel(y) for y, weights in ys if weights is not None])

    def total(x):
        return problem.phi(*arguments(x))

    x = np.concatenate([problem.xs[i].ravel() for i in problem.moving])
    _close(sparse_jacobian(f)(x).toarray(), dense_jacobian(f, x))
    _close(sparse_hessian(total)(x).toarray(), dense_hessian(total, x))


def _close(found, wanted):
    """Equal to what rounding leaves where a case comes near its operation's poles."""
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-11 * (1 + np.abs(wanted).max(initial=0)))


def test_a_plan_is_shared_by_functions_whose_graphs_are_the_same(monkeypatch):
    clear_cache()
    x = np.linspace(0.1, 1.0, 8)
    first = sparse_hessian(rosenbrock)(x)
    monkeypatch.setattr(planning, "star_colouring", lambda pattern: pytest.fail("coloured again"))
    again = sparse_hessian(lambda x: F.sum(50 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2))(x)
    np.testing.assert_allclose(first.toarray(), rosenbrock_hessian(x), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(again.toarray(), dense_hessian_of_half(x), rtol=1e-12, atol=1e-12)


def dense_hessian_of_half(x):
    """rosenbrock with 50 in the place of 100: half of it, and half of the other term's Hessian, which is 2."""
    rest = np.append(np.full(len(x) - 1, 2.0), 0.0)
    return (rosenbrock_hessian(x) + np.diag(rest)) / 2


def test_a_cached_plan_keeps_no_function_alive():
    clear_cache()

    def f(x):
        return F.sum(x[1:] * x[:-1])

    alive = weakref.ref(f)
    sparse_hessian(f)(np.ones(4))
    assert cache_info().entries
    del f
    assert alive() is None


def test_a_plan_does_not_outlive_the_declaration_of_its_operations():
    def declare(power):
        return elementwise(
            "once_more", lambda x: x**power, lambda F, g, x, y: g * (power * x ** (power - 1)), doc="A power."
        )

    hessian = sparse_hessian(lambda v: F.sum(once_more(v)))
    try:
        for power, expected in ((1, 0.0), (2, 2.0)):
            once_more = declare(power)
            np.testing.assert_array_equal(hessian(np.array([1.0, 2.0])).toarray(), expected * np.eye(2))
    finally:
        del declared["once_more"]
        del operations.once_more, values.once_more


def test_a_derivative_that_is_lost_in_a_transform_is_warned_of():
    def f(q):
        return F.sum(sparse_jacobian(lambda v: v**3)(F.stack([q, q])).data) + q

    with pytest.warns(GraphWarning, match=r"sparse_jacobian: x is being differentiated in, .* x\.detach\(\)"):
        assert grad(f)(3.0).item() == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        grad(lambda q: F.sum(sparse_jacobian(lambda v: v**3)(F.stack([q, q]).detach()).data) + q)(3.0)
