"""Looking rows of a table up."""

import numpy as np
import pytest

from dezero import Variable, gradients
from dezero.functions.nn.embedding import embed_id, embedding

W = np.arange(12.0).reshape(4, 3)


def test_rows_by_number():
    ids = np.array([[3, 0], [1, 3]])
    np.testing.assert_array_equal(embed_id(ids, Variable(W)).data, W[ids])
    np.testing.assert_array_equal(embed_id(Variable(ids), Variable(W)).data, W[ids])
    np.testing.assert_array_equal(embed_id(2, Variable(W)).data, W[2])
    assert embed_id(ids[:0], Variable(W)).shape == (0, 2, 3)
    assert embedding is embed_id


def test_a_row_looked_up_twice_gets_both_gradients():
    table = Variable(W.astype(np.float32))
    g = np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0], [5.0, 5.0, 5.0]], np.float32)
    (gW,) = gradients(embed_id(np.array([1, 3, 1]), table), table, [g])
    expected = np.zeros((4, 3))
    expected[1], expected[3] = g[0] + g[2], g[1]
    np.testing.assert_array_equal(gW.data, expected)
    assert gW.dtype == np.float32


def test_the_numbers_may_change_afterwards():
    table, ids = Variable(W), np.array([1])
    y = embed_id(ids, table)
    ids[0] = 2
    y.backward()
    np.testing.assert_array_equal(table.grad.data[1], [1.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("ids", "table", "error", "words"),
    [
        (np.array([0, 4]), W, IndexError, r"embed_id: x holds 4, but W of shape \(4, 3\) has rows 0 to 3"),
        (np.array([-1]), W, IndexError, "embed_id: x holds -1"),
        (np.array([0]), W[:0], IndexError, "embed_id: x holds 0"),
        (np.array([1.0]), W, TypeError, "embed_id: x must be whole numbers, got dtype float64"),
        (np.array([True]), W, TypeError, "embed_id: x must be whole numbers, got dtype bool"),
        (np.array([1]), W[0], ValueError, r"embed_id: W must be \(rows, size\), got shape \(3,\)"),
        (np.array([1]), None, TypeError, "embed_id: an argument holds no data"),
    ],
)
def test_what_does_not_fit_is_refused(ids, table, error, words):
    with pytest.raises(error, match=words):
        embed_id(ids, Variable(table))
