"""Attention beside its definition, query by query."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezero import Variable, gradients, using_config
from dezero.functions.nn.attention import scaled_dot_product_attention as attention
from tests.functions import naive


def sample(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@given(
    lead=st.sampled_from([((), (), ()), ((2,), (2,), (2,)), ((2, 3), (3,), (1,)), ((), (2,), (1, 2))]),
    sizes=st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 3), st.integers(1, 2)),
    mask=st.sampled_from([None, "bool", "float"]),
    causal=st.booleans(),
    scale=st.sampled_from([None, 0.3]),
    seed=st.integers(0, 50),
)
def test_attention_is_its_definition(lead, sizes, mask, causal, scale, seed):
    n, m, e, d = sizes
    shapes = zip(lead, ((n, e), (m, e), (m, d)), strict=True)
    q, k, v = [sample(*before, *last, seed=seed + i) for i, (before, last) in enumerate(shapes)]
    if mask is not None:
        mask = sample(n, m, seed=seed + 3)
        mask = mask > -0.3 if mask[0, 0] > 0 else mask
    y = attention(Variable(q), Variable(k), Variable(v), mask, scale, causal)
    np.testing.assert_allclose(y.data, naive.attention(q, k, v, mask, scale, causal), rtol=1e-11, atol=1e-12)


def test_scores_too_large_for_exponentials():
    y = attention(Variable(np.array([[1e3]])), np.array([[1e3], [0.0]]), np.array([[1.0], [2.0]]), scale=1.0)
    np.testing.assert_array_equal(y.data, [[1.0]])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_query_that_sees_nothing_gives_zero_and_moves_nothing(dtype):
    q, k, v = [Variable(sample(3, 2, seed=i).astype(dtype)) for i in range(3)]
    mask = np.array([[True, False, False], [False, False, False], [True, True, False]])
    for simplify in (True, False):
        with using_config("simplify", simplify):
            y = attention(q, k, v, mask)
            gq, gk, gv = gradients(y, (q, k, v), create_graph=True)
            (again,) = gradients((gq * gq).sum() + (gv * gv).sum(), q)
        np.testing.assert_array_equal(y.data[1], [0.0, 0.0])
        np.testing.assert_array_equal(gq.data[1], [0.0, 0.0])
        np.testing.assert_array_equal(again.data[1], [0.0, 0.0])
        np.testing.assert_array_equal(gk.data[2], [0.0, 0.0])
        np.testing.assert_array_equal(gv.data[2], [0.0, 0.0])
        assert all(np.isfinite(a.data).all() for a in (y, gq, gk, gv, again))
        assert {a.dtype for a in (y, gq, gk, gv, again)} == {np.dtype(dtype)}


def test_a_causal_query_sees_no_later_key():
    q, k, v = [Variable(sample(4, 2, seed=i)) for i in range(3)]
    y = attention(q, k, v, causal=True)
    np.testing.assert_allclose(y.data[0], v.data[0], rtol=1e-14)
    (gv,) = gradients(y[:2], v)
    np.testing.assert_array_equal(gv.data[2:], np.zeros((2, 2)))


@pytest.mark.parametrize("kind", ["array", "float64", "least", "Variable"])
@pytest.mark.parametrize("causal", [True, False])
def test_minus_infinity_added_is_a_key_not_seen(kind, causal):
    q, k, v = [Variable(sample(3, 2, seed=i).astype(np.float32)) for i in range(3)]
    seen = np.array([[True, False, True], [False, False, False], [True, True, False]])
    added = sample(3, 3, seed=3).astype(np.float32)
    closed = {"float64": np.float64(-np.inf), "least": np.finfo(np.float64).min}.get(kind, np.float32(-np.inf))
    mask = np.where(seen, added, closed)
    y = attention(q, k, v, Variable(mask) if kind == "Variable" else mask, causal=causal)
    np.testing.assert_array_equal(y.data[1], [0.0, 0.0])
    by_hand = naive.attention(q.data, k.data, v.data, np.where(seen, added, -np.inf), causal=causal)
    np.testing.assert_allclose(y.data, by_hand, rtol=1e-5, atol=1e-6)
    gq, gk, gv = gradients(y, (q, k, v), create_graph=True)
    (again,) = gradients((gq * gq).sum() + (gv * gv).sum(), q, create_graph=True)
    (third,) = gradients((again * again).sum(), q)
    for gradient in (gq, again, third):
        np.testing.assert_array_equal(gradient.data[1], [0.0, 0.0])
    assert all(np.isfinite(a.data).all() for a in (y, gq, gk, gv, again, third))
    assert {a.dtype for a in (y, gq, gk, gv, again, third)} == {np.dtype(np.float32)}


@pytest.mark.parametrize("shape", [(), (1,), (3, 1), (2, 1, 3)])
def test_a_mask_of_minus_infinity_broadcasts(shape):
    x = Variable(sample(2, 3, 2))
    y = attention(x, x, x, np.full(shape, -np.inf))
    np.testing.assert_array_equal(y.data, np.zeros((2, 3, 2)))


def test_nan_in_a_mask_is_not_hidden():
    x = sample(2, 2)
    assert np.isnan(attention(x, x, x, np.array([[np.nan, -np.inf], [0.0, 0.0]])).data[0]).all()


def test_an_added_mask_has_a_gradient():
    q, k, v, bias = [Variable(sample(3, 3, seed=i)) for i in range(4)]
    (found,) = gradients(attention(q, k, v, bias).sum(), bias)
    # Adding t to a score and multiplying its exponential by exp(t) are one.
    step = 1e-6
    for place in np.ndindex(3, 3):
        moved = [bias.data.copy() for _ in range(2)]
        moved[0][place] += step
        moved[1][place] -= step
        up, down = [naive.attention(q.data, k.data, v.data, m).sum() for m in moved]
        assert found.data[place] == pytest.approx((up - down) / (2 * step), abs=1e-8)


Q, K, V = np.ones((2, 3, 4)), np.ones((2, 5, 4)), np.ones((2, 5, 1))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: attention(Q[0, 0], K, V), ValueError, r"q, k and v need at least two axes, got shapes \[\(4,\)"),
        (lambda: attention(Variable(None), K, V), TypeError, "attention: an argument holds no data"),
        (lambda: attention(Q, K[..., :3], V), ValueError, "must agree in E and in S, got shapes"),
        (lambda: attention(Q, K, V[:, :4]), ValueError, "must agree in E and in S, got shapes"),
        (lambda: attention(Q, np.ones((3, 5, 4)), V), ValueError, "the axes before the last two do not broadcast"),
        (lambda: attention(Q, K, V, np.ones((3, 4), bool)), ValueError, r"a mask of shape \(3, 4\) does not broadcast"),
        (lambda: attention(Q, K, V, np.ones((7, 2, 3, 5), bool)), ValueError, "does not broadcast to the scores'"),
        (lambda: attention(Q, K, V, np.ones((3, 5), int)), TypeError, "mask must be booleans .* got dtype int64"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
