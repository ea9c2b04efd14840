"""Transforms give the same for arrays, lists, numbers and Variables, through operations of several outputs too."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import dezero as D
import dezero.functions as F
from dezero import Variable
from dezero.derivatives.operators import linear
from tests.derivatives.operators.everywhere import CASES, behind_a_quadratic_map, problem_of

SEVERAL = [
    next(case for case in CASES if case.name == name)
    for name in ("slogdet", "eigh", "svd", "qr", "lu", "layer_norm", "batch_norm", "pooling", "lstm", "frexp", "modf")
    if any(case.name == name for case in CASES)
]
BATCH = np.random.default_rng(5).uniform(0.5, 1.5, (6, 3))
POINTS = [np.array([0.4, -0.7]), np.array([[0.4, -0.7]])]


@pytest.mark.parametrize("case", SEVERAL, ids=lambda case: case.name)
def test_operations_of_several_outputs(case):
    f = behind_a_quadratic_map(problem_of(case))
    for x in POINTS:
        at = f if x.ndim == 1 else lambda x: F.reshape(f(x[0]), (1,))
        for make in (D.laplacian, lambda f: D.operator(f, {(2, 1): 1.0, (0, 1): 2.0})):
            found = [make(at)(given).data for given in (x, Variable(x), x.tolist())]
            assert_allclose(found[1:], found[:1] * 2, rtol=1e-10, atol=1e-12)


def stacked(x):
    return F.reshape(x, (-1, 3, 1)) * F.reshape(x, (-1, 1, 3)) * np.arange(1.0, 4.0) + np.diag([1.0, 5.0, 9.0])


BY_ROWS = {
    "slogdet": lambda x: F.slogdet(stacked(x))[1],
    "eigh": lambda x: F.sum(F.eigh(stacked(x) + F.transpose(stacked(x), (0, 2, 1)))[0] ** 2, axis=1),
    "svd": lambda x: F.sum(F.svd(stacked(x))[1] ** 2, axis=1),
    "qr": lambda x: F.sum(F.qr(stacked(x))[1] ** 2, axis=(1, 2)),
    "layer_norm": lambda x: F.sum(F.layer_norm(x, np.ones(3), np.zeros(3)) ** 3, axis=1),
    "pooling": lambda x: F.sum(F.pooling(F.reshape(x**3, (-1, 1, 3)), 2), axis=(1, 2)),
}


@pytest.mark.parametrize("name", BY_ROWS)
def test_a_batch_in_chunks_or_whole(name, monkeypatch):
    f = BY_ROWS[name]
    whole = D.laplacian(f)(Variable(BATCH)).data
    assert_allclose([D.laplacian(lambda x: f(F.reshape(x, (1, 3)))[0])(row).item() for row in BATCH], whole, rtol=1e-9)
    for given in (BATCH, BATCH.tolist(), [Variable(row) for row in BATCH], [list(row) for row in BATCH]):
        assert_allclose(D.laplacian(f)(given).data, whole, rtol=1e-10)
    monkeypatch.setattr(linear, "_CHUNK", 1)
    assert_allclose(D.laplacian(f)(BATCH).data, whole, rtol=1e-10)


def test_fields_of_lists():
    for given in (BATCH, BATCH.tolist(), Variable(BATCH), [Variable(row) for row in BATCH]):
        assert_allclose(D.divergence(lambda x: x**2)(given).data, 2 * BATCH.sum(axis=1))
        assert_allclose(D.curl(lambda x: x**2)(given).data, 0 * BATCH)
    assert D.divergence(lambda x: x**2)([1, 2]).item() == 6
    x = Variable(np.array(1.5))
    D.laplacian(lambda v: F.sum(v**3))([x, 2.0]).backward()
    assert x.grad.item() == 6
    assert D.laplacian(F.sum).explain([1.0, 2.0]).startswith("laplacian at x of shape (2,)")


@pytest.mark.parametrize("x", [[[1.0, 2.0], [1.0]], [[Variable(np.ones(2))], [1.0, 2.0]], []])
def test_lists_that_are_no_array(x):
    for make in (D.laplacian, D.divergence):
        with pytest.raises(ValueError, match=rf"{make.__name__}: x has shape .*give one point"):
            make(lambda x: Variable(np.zeros(())))(x)


def test_a_function_that_reads_the_size_of_the_batch_is_not_taken_in_chunks(monkeypatch):
    monkeypatch.setattr("dezero.derivatives.operators.linear._CHUNK", 200)
    x = np.random.default_rng(0).standard_normal((50, 4))
    whole = D.laplacian(lambda x: (x**2).sum(-1) / len(x), "collapsed")(x)
    np.testing.assert_allclose(whole.data, np.full(50, 8 / 50))
    weights = np.arange(50.0)
    weighted = D.laplacian(lambda x: (x**2).sum(-1) * weights, "collapsed")(x)
    np.testing.assert_allclose(weighted.data, 8 * weights)
