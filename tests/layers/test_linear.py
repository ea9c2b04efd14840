"""Affine maps and tables of rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.layers as L
from dezero import Variable


@given(lead=st.lists(st.integers(1, 3), min_size=1, max_size=3), sizes=st.tuples(st.integers(1, 4), st.integers(1, 4)))
def test_linear_is_x_w_plus_b_over_any_leading_axes(lead, sizes):
    layer = L.Linear(sizes[1], dtype=np.float64)
    x = np.random.default_rng(0).standard_normal((*lead, sizes[0]))
    y = layer(x)
    layer.b.data += 1
    np.testing.assert_allclose(layer(x).data, np.einsum("...i,io->...o", x, layer.W.data) + 1, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(layer(x).data - y.data, 1, rtol=1e-12)


def test_gradients_over_two_leading_axes_are_sums_over_both():
    layer = L.Linear(2, in_size=3, dtype=np.float64)
    x, g = [np.random.default_rng(i).standard_normal((4, 5, n)) for i, n in enumerate((3, 2))]
    (layer(Variable(x)) * g).sum().backward()
    np.testing.assert_allclose(layer.W.grad.data, np.einsum("abi,abo->io", x, g), rtol=1e-12)
    np.testing.assert_allclose(layer.b.grad.data, g.sum((0, 1)), rtol=1e-12)


def test_seeded_weights_are_the_originals():
    np.random.seed(2)
    layer = L.Linear(3)
    layer(np.zeros((1, 48), np.float32))
    expected = [-0.060153812, -0.008121417, -0.30833334]
    np.testing.assert_allclose(layer.W.data.ravel()[:3], expected, rtol=1e-7)
    np.testing.assert_array_equal(layer.b.data, np.zeros(3))
    assert layer.in_size == 48


def test_weights_are_drawn_at_once_where_the_size_is_given():
    np.random.seed(0)
    early = L.Linear(2, in_size=3)
    np.random.seed(0)
    late = L.Linear(2)
    assert late.W.data is None
    late(np.ones((1, 3), np.float32))
    np.testing.assert_array_equal(early.W.data, late.W.data)


def test_a_generator_of_ones_own_leaves_the_global_state_alone():
    np.random.seed(0)
    expected = np.random.rand()
    np.random.seed(0)
    a, b = [L.Linear(2, in_size=3, rng=np.random.default_rng(5)) for _ in range(2)]
    assert np.random.rand() == expected
    np.testing.assert_array_equal(a.W.data, b.W.data)


def test_starting_weights_have_variance_one_over_inputs():
    W = L.Linear(400, in_size=100, rng=np.random.default_rng(0), dtype=np.float64).W.data
    assert W.var() * 100 == pytest.approx(1, abs=0.03)  # 40,000 draws: 4 standard deviations
    assert abs(W.mean()) < 0.002


def test_no_bias():
    layer = L.Linear(2, nobias=True, in_size=3)
    assert layer.b is None
    assert [name for name, _ in layer.named_params()] == ["W"]
    np.testing.assert_array_equal(layer(np.zeros((1, 3), np.float32)).data, np.zeros((1, 2)))


def test_a_width_that_does_not_fit_names_both_shapes():
    with pytest.raises(ValueError, match=r"linear: x of shape \(2, 4\) and W of shape \(3, 2\)"):
        L.Linear(2, in_size=3)(np.ones((2, 4), np.float32))


def test_embedding_looks_rows_up_and_repeated_rows_add_their_gradients():
    layer = L.EmbedID(4, 2, dtype=np.float64)
    ids = np.array([[1, 1], [3, 0]])
    y = layer(ids)
    np.testing.assert_array_equal(y.data, layer.W.data[ids])
    y.sum().backward()
    np.testing.assert_array_equal(layer.W.grad.data, np.array([1, 2, 0, 1])[:, None] * np.ones((4, 2)))


@pytest.mark.parametrize(
    ("ids", "error", "says"),
    [
        (np.array([0.0]), TypeError, "whole numbers"),
        (np.array([4]), IndexError, r"holds 4, but W of shape \(4, 2\)"),
        (np.array([-1]), IndexError, "holds -1"),
    ],
)
def test_embedding_refuses_what_is_no_row(ids, error, says):
    with pytest.raises(error, match=says):
        L.EmbedID(4, 2)(ids)


def test_seeded_embeddings_are_the_originals():
    np.random.seed(3)
    expected = [[1.788628473, 0.436509851], [0.096497468, -1.863492703]]
    np.testing.assert_allclose(L.EmbedID(4, 2, dtype=np.float64).W.data[:2], expected, rtol=1e-8)


@pytest.mark.parametrize("shape", [(0, 3), (0, 5, 3), (2, 0, 3)])
def test_an_empty_batch_gives_an_empty_batch_and_gradients_of_zero(shape):
    layer = L.Linear(2, in_size=3)
    y = layer(np.zeros(shape, np.float32))
    assert y.shape == (*shape[:-1], 2)
    y.sum().backward()
    np.testing.assert_array_equal(layer.W.grad.data, np.zeros((3, 2)))


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, bool])
@pytest.mark.parametrize("given", [np.asarray, Variable])
def test_whole_numbers_are_cast_to_the_layers_dtype(dtype, given):
    layer, x = L.Linear(2), np.array([[1, 0, 1]], dtype)
    y = layer(given(x))
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y.data, layer(x.astype(np.float32)).data)


@pytest.mark.parametrize(
    ("x", "error", "says"),
    [
        ([[1.0, 2.0]], TypeError, r"Linear: .*list.* is not a Variable, array or number; numpy.array"),
        (np.array(1.0), ValueError, r"Linear: x must be \(..., inputs\), got shape \(\)"),
        (2.0, ValueError, r"Linear: x must be \(..., inputs\), got shape \(\)"),
    ],
)
def test_an_input_without_an_axis_is_refused_and_draws_nothing(x, error, says):
    layer = L.Linear(3)
    with pytest.raises(error, match=says):
        layer(x)
    assert layer.W.data is None


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: L.Linear(784, 10), r"Linear: nobias must be True or False, got 10; write Linear\(out_size\)"),
        (lambda: L.Conv2d(8, 3, 1, 0, 16), "Conv2d: nobias must be True or False, got 16; write in_channels="),
        (lambda: L.Deconv1d(8, 3, 1, 0, 16), "Deconv1d: nobias must be True or False, got 16"),
        (lambda: L.MultiHeadAttention(8, 2, 0.0, 3), "MultiHeadAttention: nobias must be True or False, got 3"),
    ],
)
def test_a_size_in_the_place_of_nobias_is_refused(make, says):
    with pytest.raises(TypeError, match=says):
        make()


def test_an_array_in_the_place_of_a_parameter_is_refused():
    layer = L.Linear(2, in_size=3)
    with pytest.raises(TypeError, match=r"Linear: W is a Parameter or a Buffer.*write W\.data = array"):
        layer.W = np.ones((3, 2), np.float32)
    assert [name for name, _ in layer.named_params()] == ["W", "b"]
    layer.W, layer.b = L.Parameter(np.ones((3, 2), np.float32)), None
    np.testing.assert_array_equal(layer(np.ones((1, 3), np.float32)).data, [[3, 3]])
