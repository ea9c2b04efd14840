"""Sorted values and the order that sorts them: NumPy's stable order, in every dtype and at every length."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dezero.functions as F
import dezero.functions.indexing.sorting as S
from dezero import Variable, gradients
from tests.functions.alike import assert_alike, assert_refused

C = np.sin(np.arange(24.0)).reshape(2, 3, 4)
FLOATS = st.floats(allow_nan=True, allow_infinity=True, width=32) | st.sampled_from([0.0, -0.0, 1.0])


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_as_numpy(axis):
    assert_alike(lambda x: np.sort(x, axis), C)
    np.testing.assert_array_equal(S.argsort(Variable(C), axis), np.argsort(C, axis))
    np.testing.assert_array_equal(S.argpartition(Variable(C), 1, axis), np.argpartition(C, 1, axis))
    assert_alike(lambda x: np.sort(x, axis=axis, kind="stable"), C)
    assert type(S.argsort(Variable(C), axis)) is np.ndarray


@pytest.fixture
def at_any_length(monkeypatch):
    """Long lines are sorted in another way; so are short ones now."""
    monkeypatch.setattr(S, "_LONG", 0)


KINDS = [np.float64, np.float32, np.float16, np.int64, np.int32, np.uint64, np.uint32, np.int8, bool, np.complex128]


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: np.dtype(k).name)
@pytest.mark.usefixtures("at_any_length")
def test_every_dtype(kind):
    x = np.concatenate([np.sin(np.arange(40)) * 9, [0, 0, 1, 1]]).astype(kind)
    if np.dtype(kind).kind in "fiu":
        info = np.finfo(kind) if np.dtype(kind).kind == "f" else np.iinfo(kind)
        x = np.concatenate([x, np.array([info.max, info.min, info.max], kind)])
    x = np.stack([x, x[::-1]])
    for axis in (0, 1):
        np.testing.assert_array_equal(S.argsort(Variable(x), axis), np.argsort(x, axis, stable=True))
    np.testing.assert_array_equal(S.sort(Variable(x)).data, np.sort(x), strict=True)


@pytest.mark.usefixtures("at_any_length")
@given(
    hnp.arrays(st.sampled_from([np.float32, np.float64]), hnp.array_shapes(max_dims=2, max_side=12), elements=FLOATS)
)
def test_the_order_is_stable_for_ties_zeros_and_nan(x):
    assert np.array_equal(S.argsort(Variable(x)), np.argsort(x, stable=True))


def test_a_long_line():
    x = np.random.default_rng(0).standard_normal(3 * S._LONG)
    x[::7] = 0
    np.testing.assert_array_equal(S.argsort(Variable(x)), np.argsort(x, stable=True))


def test_at_a_tie_each_gradient_goes_where_its_element_came_from():
    x, w = Variable(np.array([2.0, 1.0, 2.0, 1.0])), np.array([1.0, 10.0, 100.0, 1000.0])
    np.testing.assert_array_equal(gradients(S.sort(x), x, w)[0].data, [100.0, 1.0, 1000.0, 10.0])
    np.testing.assert_array_equal(gradients(S.top_k(x, 2)[0], x, w[:2])[0].data, [1.0, 0.0, 10.0, 0.0])
    np.testing.assert_array_equal(gradients(S.top_k(x, 3, largest=False)[0], x, w[:3])[0].data, [100.0, 1.0, 0.0, 10.0])


@given(st.integers(0, 9), st.permutations(range(6)))
def test_sorting_forgets_the_order(seed, order):
    x = np.random.default_rng(seed).standard_normal(6)
    a, b = Variable(x), Variable(x[list(order)])
    w = np.cos(np.arange(6))
    np.testing.assert_array_equal(S.sort(a).data, S.sort(b).data)
    np.testing.assert_array_equal(gradients(S.sort(a), a, w)[0].data[list(order)], gradients(S.sort(b), b, w)[0].data)


def test_a_derivative_followed_again_sorts_the_new_data():
    """The order belongs to the graph: burnt in, the second derivative would be that of the first data."""
    w = np.array([1.0, 2.0, 3.0])
    for data in ([3.0, 1.0, 2.0], [1.0, 3.0, 2.0], [2.0, 3.0, 1.0]):
        x = Variable(np.array(data))
        (g,) = gradients(F.sum(w * S.sort(x) ** 3), x, create_graph=True)
        np.testing.assert_allclose(gradients(F.sum(g), x)[0].data, 6 * x.data * w[np.argsort(np.argsort(data))])


@pytest.mark.parametrize("kth", [0, -1, 3, (0, 3), [1, -2]])
@pytest.mark.parametrize("axis", [-1, None])
def test_partition(kth, axis):
    y = S.partition(Variable(C), kth, axis).data
    np.testing.assert_array_equal(y, np.take_along_axis(C, np.argpartition(C, kth, axis), axis))
    np.testing.assert_array_equal(y.take(kth, -1), np.sort(C, axis).take(kth, -1))


def reference_top(x, k, largest):
    """By Python's sort, which is stable, of one line."""
    nan = [i for i, v in enumerate(x) if v != v]
    rest = sorted([i for i, v in enumerate(x) if v == v], key=lambda i: -x[i] if largest else x[i])
    return np.array((nan + rest if largest else rest + nan)[:k], int)


@given(
    hnp.arrays(np.float64, st.integers(1, 12), elements=st.sampled_from([0.0, -0.0, 1.0, 2.0, -1.0, np.inf, np.nan])),
    st.integers(0, 12),
    st.booleans(),
)
def test_top_k_takes_the_first_among_equals(x, k, largest):
    k = min(k, x.size)
    values, places = S.top_k(Variable(x), k, largest=largest)
    np.testing.assert_array_equal(places, reference_top(x, k, largest))
    np.testing.assert_array_equal(values.data, x[places])


@pytest.mark.parametrize("kind", [np.float64, np.int64, np.uint8])
def test_top_k_along_an_axis(kind):
    x = (C * 50 + 50).astype(kind)
    for axis in (0, 1, -1):
        values, places = S.top_k(Variable(x), 2, axis)
        expected = np.flip(np.sort(x, axis), axis).take([0, 1], axis)
        np.testing.assert_array_equal(values.data, expected, strict=True)
        np.testing.assert_array_equal(np.take_along_axis(x, places, axis), expected)
        assert type(places) is np.ndarray


def test_places_are_the_callers_own():
    x = Variable(np.array([3.0, 1.0, 2.0]))
    top, places = S.top_k(x, 2)
    places[:] = 1
    np.testing.assert_array_equal(gradients(top, x)[0].data, [1.0, 0.0, 1.0])


V, NUMBER = Variable(C), Variable(np.array(1.0))
REFUSED = [
    (lambda: S.sort(V, 3), ValueError, ["sort", "axis 3", "(2, 3, 4)"]),
    (lambda: S.sort(NUMBER), ValueError, ["sort", "axis -1", "()"]),
    (lambda: S.sort(V, order="x"), ValueError, ["sort", "fields"]),
    (lambda: S.argsort(V, order="x"), ValueError, ["argsort", "fields"]),
    (lambda: S.argsort(V, -4), ValueError, ["argsort", "axis -4", "(2, 3, 4)"]),
    (lambda: S.partition(V, 4), ValueError, ["partition", "kth 4", "axis 2", "(2, 3, 4)"]),
    (lambda: S.argpartition(V, (0, -4), 1), ValueError, ["argpartition", "kth -4", "axis 1"]),
    (lambda: S.partition(V, 0.5), TypeError, ["partition", "kth", "0.5"]),
    (lambda: S.top_k(V, 5), ValueError, ["top_k", "k = 5", "axis 2", "(2, 3, 4)"]),
    (lambda: S.top_k(V, -1), ValueError, ["top_k", "k = -1"]),
    (lambda: S.top_k(V, 1.5), TypeError, ["top_k", "k must", "1.5"]),
]


@pytest.mark.parametrize(("call", "error", "parts"), REFUSED, ids=[" ".join(parts[:2]) for *_, parts in REFUSED])
def test_what_is_refused(call, error, parts):
    assert_refused(call, error, *parts)
