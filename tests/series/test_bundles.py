"""Series along many directions at once: coefficients that are stored smaller than they are."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import dezero.functions as F
from dezero import Variable, laplacian

M = np.array([[1.0, 2.0], [0.5, -1.0]])
POINT = np.array([0.4, -0.7])


def rows(x):
    return F.broadcast_to(x, (2, 2))


def columns(x):
    return F.broadcast_to(x[:, None], (2, 2))


PRODUCTS = {
    "columns, constant": lambda x: columns(x) @ M,
    "constant, rows": lambda x: M @ rows(x),
    "columns, rows": lambda x: columns(x) @ rows(x),
    "rows, columns": lambda x: rows(x) @ columns(x),
    "stack, constant": lambda x: F.broadcast_to(x[:, None, None], (2, 2, 2)) @ M,
    "rows, stack": lambda x: rows(x) @ F.broadcast_to(x[:, None, None], (3, 2, 2, 2)),
}


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("method", ["taylor", "collapsed"])
@pytest.mark.parametrize("product", PRODUCTS.values(), ids=PRODUCTS)
def test_products_of_broadcast_matrices(product, method, recorded):
    def f(x):
        return F.sum(F.sin(product(x)))

    expected = laplacian(f, "reverse")(POINT).data
    assert_allclose(laplacian(f, method)(Variable(POINT) if recorded else POINT).data, expected, rtol=1e-13)


def test_a_product_of_rows_by_hand():
    """(M B)_ij = m_i x_j with m the row sums of M, so that f = sum of sin(m_i x_j)."""
    m = M.sum(axis=1)
    expected = -np.sum(np.sin(np.outer(m, POINT)) * m[:, None] ** 2)
    assert_allclose(laplacian(lambda x: F.sum(F.sin(M @ rows(x))))(POINT).data, expected, rtol=1e-13)
