"""Patterns hold every nonzero of the dense derivative, and where a structure is known no more than it has."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable, gradients
from dezero.derivatives.sparse.dependence import Dependence
from dezero.derivatives.sparse.patterns import hessian_sparsity, sparsity
from tests.derivatives.programs import ONE, SIZE, points, programs


def dense_jacobian(f, x):
    x = Variable(x)
    y = F.ravel(f(x))
    return np.array([gradients(y, x, e)[0].data.ravel() for e in np.eye(y.size)]).reshape(y.size, x.size)


def dense_hessian(f, x):
    x = Variable(x)
    (g,) = gradients(f(x), x, create_graph=True)
    rows = np.array([gradients(g, x, e.reshape(x.shape))[0].data.ravel() for e in np.eye(x.size)])
    return np.nan_to_num(rows)  # abs of an element that is always 0 stands at its kink: nan times 0


def pattern(found):
    assert found.format == "csr"
    assert found.dtype == bool
    return found.toarray()


@given(programs(), st.integers(0, 99))
def test_a_jacobians_pattern_covers_all_its_nonzeros(f, seed):
    x = points(seed)
    assert not dense_jacobian(f, x)[~pattern(sparsity(f, x))].any()


@given(programs(), st.integers(0, 99))
def test_a_hessians_pattern_covers_all_its_nonzeros(f, seed):
    x = points(seed)
    found = pattern(hessian_sparsity(lambda x: F.sum(f(x)), x))
    assert not dense_hessian(lambda x: F.sum(f(x)), x)[~found].any()
    assert (found == found.T).all()


@pytest.mark.parametrize("name", ONE)
def test_each_operation_alone_is_covered(name):
    x = points(1)

    def f(x):
        return ONE[name](F.tanh(x[:-1] * x[1:]))

    assert not dense_jacobian(f, x)[~pattern(sparsity(f, x))].any()
    assert not dense_hessian(lambda x: F.sum(f(x) ** 2), x)[
        ~pattern(hessian_sparsity(lambda x: F.sum(f(x) ** 2), x))
    ].any()


UNKNOWN = ("sort", "max", "cumsum", "inverse", "singular values", "interp", "diagonal", "floor", "clip", "relu")
EXACT = [name for name in ONE if name not in UNKNOWN]


@pytest.mark.parametrize("name", EXACT)
def test_structures_that_are_known_are_exact(name):
    x = points(2)
    assert (pattern(sparsity(ONE[name], x)) == (dense_jacobian(ONE[name], x) != 0)).all()


@pytest.mark.parametrize(
    "f",
    [
        lambda x: F.sum(x**2),
        lambda x: F.sum(x[1:] * x[:-1]),
        lambda x: F.sum(F.relu(x) + 3 * x),
        lambda x: F.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2),
        lambda x: x[0] * x[1] * x[2] + x[3] / x[4],
        lambda x: F.sum(x[:3] / x[3:6]),
        lambda x: F.matmul(x, x),
        lambda x: F.einsum("i,i->", x[:-1], F.sin(x[1:])),
        lambda x: F.sum(F.convolve(x, np.array([1.0, -1.0])) ** 2),
        lambda x: F.sum(F.exp(F.sin(x) ** 2)),
        lambda x: F.max(x) + F.sum(F.sort(x)),
    ],
)  # fmt: skip
def test_hessians_of_known_structure_are_exact(f):
    x = points(3)
    found = pattern(hessian_sparsity(f, x))
    wanted = dense_hessian(f, x) != 0
    assert (found == wanted).all()  # a maximum and a sort are linear between ties


def test_a_point_where_the_derivative_vanishes_keeps_its_pattern():
    zeros = np.zeros(4)
    assert (
        pattern(sparsity(lambda x: x[1:] * x[:-1], zeros)) == pattern(sparsity(lambda x: x[1:] * x[:-1], zeros + 1))
    ).all()
    assert pattern(hessian_sparsity(lambda x: F.sum(x**4), zeros)).sum() == 4


def test_zeros_of_a_constant_matrix_count_and_those_of_a_variable_do_not():
    matrix = np.eye(SIZE)
    assert sparsity(lambda x: F.matmul(matrix, x), points(0)).nnz == SIZE
    assert sparsity(lambda x: F.matmul(Variable(matrix), x), points(0)).nnz == SIZE**2
    assert sparsity(lambda x: F.matmul(x.reshape((1, 7)), matrix), points(0)).nnz == SIZE


def test_batches_stay_apart():
    x = np.random.default_rng(0).random((3, 2, 2))
    blocks = np.kron(np.eye(3), np.ones((4, 4))).astype(bool)
    assert (pattern(sparsity(lambda x: F.softmax(x, axis=(1, 2)), x)) == blocks).all()
    assert (pattern(hessian_sparsity(lambda x: F.sum(F.logsumexp(x, axis=(1, 2))), x)) == blocks).all()


def test_shapes_and_results_that_do_not_depend_on_x():
    assert sparsity(lambda x: x * 2.0, np.array(3.0)).toarray().tolist() == [[True]]
    assert sparsity(lambda x: F.sum(x, axis=0), np.ones((2, 3))).shape == (3, 6)
    assert sparsity(lambda x: Variable(np.ones(2)), np.ones(3)).nnz == 0
    assert sparsity(lambda x: F.sign(x), np.ones(3)).nnz == 0
    assert hessian_sparsity(lambda x: F.sum(3 * x), np.ones(3)).nnz == 0
    assert sparsity(lambda x: x, np.ones(3)).nnz == 3


@settings(max_examples=25)
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.booleans(), st.booleans())
def test_matrix_products_of_all_shapes(n, i, k, j, first_batched, second_batched):
    rng = np.random.default_rng(0)
    a = rng.random((n, i, k) if first_batched else (i, k))
    b = rng.random((n, k, j) if second_batched else (k, j)) * (rng.random((k, j)) > 0.5)
    assert (pattern(sparsity(lambda a: F.matmul(a, b), a)) == (dense_jacobian(lambda a: F.matmul(a, b), a) != 0)).all()
    assert (
        pattern(sparsity(lambda b: F.matmul(Variable(a), b), b)) == (dense_jacobian(lambda b: F.matmul(a, b), b) != 0)
    ).all()


def test_a_derivative_that_is_not_sparse_is_refused():
    with pytest.raises(ValueError, match=r"hessian_sparsity: exp relates .* 1.0e\+10 ways.*products"):
        hessian_sparsity(lambda x: F.exp(F.sum(x)), np.zeros(10**5))


@pytest.mark.parametrize(
    ("f", "x", "error", "message"),
    [
        (lambda x: x[0], (np.ones(2), np.ones(2)), TypeError, "sparsity: x holds 2 arrays; join"),
        (lambda x: (x, x), np.ones(2), TypeError, "the function's result holds 2 arrays"),
        (lambda x: x, np.ones(2) * 1j, TypeError, "complex128 array of shape .* real and imaginary"),
        (lambda x: 3.0, np.ones(2), TypeError, "sparsity: the function returned number 3.0"),
    ],
)
def test_bad_input(f, x, error, message):
    with pytest.raises(error, match=message):
        sparsity(f, x)


def test_a_hessian_asks_for_a_number():
    with pytest.raises(ValueError, match=r"hessian_sparsity: the function returned .*\(2,\).*sparse_jacobian"):
        hessian_sparsity(lambda x: x, np.ones(2))


def test_without_scipy_the_extra_is_named(monkeypatch):
    from dezero.functions import _scipy

    monkeypatch.setitem(sys.modules, "scipy.sparse", None)
    _scipy._load.cache_clear()
    try:
        with pytest.raises(ImportError, match=r"dezero-nth\[optimize\]"):
            sparsity(lambda x: x * x, np.ones(2))
    finally:
        _scipy._load.cache_clear()


@pytest.mark.parametrize(
    ("y", "slopes", "couples"),
    [
        (lambda a, b: a * b, [0, 1], {(0, 1)}),
        (lambda a, b: a / b, [0, 1], {(0, 1), (1, 1)}),
        (lambda a, b: a + b, [0, 1], set()),
        (lambda a, b: a**2, [0], {(0, 0)}),
        (lambda a, b: a**1, [0], set()),
        (lambda a, b: F.polygamma(1, a), [0], {(0, 0)}),
        (lambda a, b: F.sign(a), [], set()),
        (lambda a, b: F.maximum(a, b), [0, 1], set()),
        (lambda a, b: F.matmul(a, b), [0, 1], {(0, 1)}),
    ],
)
def test_what_a_rule_mentions(y, slopes, couples):
    found = Dependence(y(Variable(np.array([0.3, 0.4])), Variable(np.array([0.5, 0.6]))))
    assert found.slopes == slopes
    assert found.couples == couples
