"""Every NumPy index: value, gradient and second derivative against NumPy itself."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients, using_config

X = np.arange(1.0, 13.0).reshape(3, 4)


def ints(*values):
    return Variable(np.array(values))


INDICES = [
    0,
    -1,
    np.int64(2),
    np.uint8(1),
    np.array(1),
    slice(None),
    slice(1, 3),
    slice(-2, None),
    slice(None, None, 2),
    slice(None, None, -1),
    slice(-1, None, -2),
    slice(2, 1),
    None,
    ...,
    (),
    (0, 1),
    (-1, -1),
    (slice(None), 0),
    (0, slice(None, None, -2)),
    (slice(None), slice(1, 3)),
    (..., 0),
    (0, ...),
    (0, 1, ...),
    (None, 0),
    (..., None),
    (slice(0, 2), None, slice(1, 2)),
    [0, 2],
    [0, 0, 1],
    [[0, 1], [2, 2]],
    range(2),
    np.array([2, -1, 2], np.int8),
    np.array([[0, 0], [1, 0]]),
    np.array([], int),
    ([0, 1], [1, 1]),
    ([0, 0], [1, 1]),
    (np.array([[0], [1]]), np.array([0, 0, 3])),
    (slice(None), [0, 0, 3]),
    ([0, 0], slice(None)),
    ([0, 0], slice(None, None, -1)),
    (0, [1, 1], None),
    ([0, 1], None, [1, 1]),
    (..., [3, 3]),
    [True, False, True],
    np.array([True, False, True]),
    np.zeros(3, bool),
    (slice(None), np.array([True, False, True, True])),
    ([0, 2], np.array([True, False, False, True])),
    (np.array([True, False, True]), 0),
    X > 4,
    (None, X > 4),
    True,
    False,
    np.True_,
    (True, slice(None)),
    [],
    (slice(None), []),
]
CASES = pytest.mark.parametrize("index", INDICES, ids=lambda i: "".join(repr(i).split()))


def added(index, g):
    total = np.zeros_like(X)
    np.add.at(total, index, g)
    return total


def weights(shape):
    return np.cos(np.arange(np.prod(shape, dtype=int))).reshape(shape) + 2.0


@CASES
def test_the_value_is_numpys(index):
    y = Variable(X.copy())[index]
    assert type(y) is Variable
    np.testing.assert_array_equal(y.data, X[index], strict=y.ndim > 0)
    np.testing.assert_array_equal(F.get_item(Variable(X.copy()), index).data, y.data)


@CASES
@pytest.mark.parametrize("how", ["raw", "recorded", "plain"])
def test_the_gradient_adds_into_place(index, how):
    x = Variable(X.copy())
    w = weights(X[index].shape)
    with using_config("simplify", how != "plain"):
        (g,) = gradients(x[index], x, w, create_graph=how != "raw")
    np.testing.assert_allclose(g.data, added(index, w), rtol=1e-15)


@CASES
@pytest.mark.parametrize("simplify", [True, False])
def test_second_derivatives(index, simplify):
    """y = sum w x[i]^3: gradient 3 w x^2, and its derivative in the direction v, 6 w x v[i], all added into place."""
    x, w, v = Variable(X.copy()), weights(X[index].shape), np.sin(X)
    with using_config("simplify", simplify):
        (g,) = gradients(F.sum(w * x[index] ** 3), x, create_graph=True)
        (hv,) = gradients(g, x, v, create_graph=True)
        (again,) = gradients(g, x)
    np.testing.assert_allclose(g.data, added(index, 3 * w * X[index] ** 2), rtol=1e-14)
    # An element read k times appears k times in g's row of the Hessian: it is diagonal all the same.
    np.testing.assert_allclose(hv.data, added(index, 6 * w * X[index]) * v, rtol=1e-14)
    np.testing.assert_allclose(again.data, added(index, 6 * w * X[index]), rtol=1e-14)


@pytest.mark.parametrize(
    ("index", "plain"),
    [
        (Variable(np.array(1)), 1),
        (ints(0, 0, 2), [0, 0, 2]),
        ((ints(0, 1), ints(1, 1)), ([0, 1], [1, 1])),
        ((slice(None), ints(3, 3)), (slice(None), [3, 3])),
        (slice(Variable(np.array(0)), Variable(np.array(2))), slice(0, 2)),
        (Variable(X > 4), X > 4),
    ],
    ids=str,
)
def test_variables_index(index, plain):
    x = Variable(X.copy())
    y = x[index]
    np.testing.assert_array_equal(y.data, X[plain])
    w = weights(y.shape)
    np.testing.assert_allclose(gradients(y, x, w)[0].data, added(plain, w), rtol=1e-15)


@pytest.mark.parametrize("index", [np.array([0, 1]), [0, 1], Variable(np.array([0, 1])), (slice(None), [0, 1])])
def test_what_happens_to_an_index_later_changes_nothing(index):
    x = Variable(X.copy())
    y = x[index]
    (before,) = gradients(y, x)
    inner = index[1] if isinstance(index, tuple) else index
    (inner.data if isinstance(inner, Variable) else inner)[0] = 2
    for create_graph in (False, True):
        np.testing.assert_array_equal(gradients(y, x, create_graph=create_graph)[0].data, before.data)


def test_0d_takes_empty_indices():
    x = Variable(np.array(3.0))
    for index in [(), ..., None, x.data > 1]:
        np.testing.assert_array_equal(x[index].data, x.data[index])
        assert gradients(x[index] * 2, x)[0].data == 2.0


OUT_OF_RANGE = {
    10: "index 10 is out of bounds for axis 0 with size 3",
    -4: "index -4 is out of bounds for axis 0 with size 3",
    (0, 9): "index 9 is out of bounds for axis 1 with size 4",
    (0, 0, 0): "too many indices",
    1.5: "only integers",
    "a": "only integers",
}


@pytest.mark.parametrize(("index", "text"), OUT_OF_RANGE.items(), ids=repr)
def test_bad_indices_are_named(index, text):
    with pytest.raises(IndexError, match=rf"get_item\(float64 array of shape \(3, 4\)\): {text}"):
        Variable(X.copy())[index]


@pytest.mark.parametrize("index", [[0, 5], np.array([1.5]), np.array([True, False]), (..., ...), Variable(np.ones(2))])
def test_bad_index_arrays_are_named(index):
    with pytest.raises(IndexError, match=r"get_item\(float64 array of shape \(3, 4\)\)"):
        Variable(X.copy())[index]
