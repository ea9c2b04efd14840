"""Losses beside their definitions, at the ends of what floating point holds, and what they refuse."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable, gradients
from tests.functions.alike import assert_refused

shapes = st.tuples(st.integers(1, 5), st.integers(1, 4))
seeds = st.integers(0, 10_000)
CLASS_LOSSES = [F.softmax_cross_entropy, F.softmax_cross_entropy_simple, F.nll_loss, F.accuracy]


def sample(shape, seed):
    rng = np.random.default_rng(seed)
    return 2 * rng.standard_normal(shape), rng.integers(0, shape[1], shape[0])


def surprise(row, label):
    """-log of a class's share of the exponentials, as exactly as Python adds."""
    return -math.log(math.exp(row[label]) / math.fsum(math.exp(score) for score in row))


# -- classes -----------------------------------------------------------------------------------------------------


@given(shapes, seeds)
def test_softmax_cross_entropy_is_the_mean_surprise(shape, seed):
    x, t = sample(shape, seed)
    expected = np.mean([surprise(row, label) for row, label in zip(x, t, strict=True)])
    for loss in (F.softmax_cross_entropy, F.softmax_cross_entropy_simple):
        np.testing.assert_allclose(loss(Variable(x), t).data, expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(F.nll_loss(F.log_softmax(Variable(x)), t).data, expected, rtol=1e-12, atol=1e-15)


@given(shapes, seeds)
def test_its_gradient_is_softmax_less_the_labels(shape, seed):
    x, t = sample(shape, seed)
    leaf = Variable(x)
    (gx,) = gradients(F.softmax_cross_entropy(leaf, t), leaf)
    shares = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    np.testing.assert_allclose(gx.data, (shares - np.eye(shape[1])[t]) / shape[0], rtol=1e-12, atol=1e-15)


@given(shapes, seeds)
def test_its_hessian_is_the_covariance_of_the_classes(shape, seed):
    x, t = sample(shape, seed)
    leaf, direction = Variable(x), np.random.default_rng(seed + 1).standard_normal(shape)
    (gx,) = gradients(F.softmax_cross_entropy(leaf, t), leaf, create_graph=True)
    (found,) = gradients(F.sum(gx * direction), leaf)
    shares = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    expected = shares * (direction - (shares * direction).sum(1, keepdims=True)) / shape[0]
    np.testing.assert_allclose(found.data, expected, rtol=1e-11, atol=1e-14)


@given(shapes, seeds)
def test_what_is_added_to_every_score_of_a_sample_changes_nothing(shape, seed):
    x, t = sample(shape, seed)
    shift = 1000.0 * np.arange(shape[0])[:, None]
    expected = F.softmax_cross_entropy(Variable(x), t).data
    np.testing.assert_allclose(F.softmax_cross_entropy(Variable(x + shift), t).data, expected, atol=1e-11)


@pytest.mark.parametrize("t", [[1, 0], [[1], [0]], np.array([1, 0], np.uint8), Variable(np.array([1, 0]))])
@pytest.mark.parametrize("loss", CLASS_LOSSES)
def test_labels_in_any_shape_and_integer_dtype(loss, t):
    x = np.array([[1.0, 2.0, 4.0], [3.0, 1.0, 0.0]])
    assert loss(Variable(x), t).item() == loss(Variable(x), np.array([1, 0])).item()


@pytest.mark.parametrize("loss", CLASS_LOSSES[:3])
def test_labels_may_change_afterwards(loss):
    x, t = Variable(np.zeros((2, 3))), np.array([1, 0])
    y = loss(x, t)
    t[:] = 2
    y.backward()
    assert (x.grad.data < 0).nonzero()[1].tolist() == [1, 0]


def test_scores_far_apart():
    x, t = Variable(np.array([[1e4, 0.0], [0.0, -1e4]])), np.array([1, 0])
    y = F.softmax_cross_entropy(x, t)
    y.backward()
    assert y.item() == 5000
    np.testing.assert_array_equal(x.grad.data, [[0.5, -0.5], [0, 0]])
    simple = F.softmax_cross_entropy_simple(Variable(np.array([[1e4, 0.0]])), [1])
    assert simple.item() == pytest.approx(-math.log(1e-15), rel=1e-12)


def test_accuracy_counts_the_first_of_equals():
    scores = np.array([[1.0, 1.0], [0.0, 2.0], [3.0, 1.0], [3.0, 1.0]])
    assert F.accuracy(scores, np.array([0, 1, 1, 0])).item() == 0.75
    assert F.accuracy(Variable(scores), np.array([1, 1, 1, 0])).item() == 0.5
    assert type(F.accuracy(scores, np.zeros(4, int))) is Variable


# -- probabilities -----------------------------------------------------------------------------------------------


@given(shapes, seeds)
def test_cross_entropies_of_two_classes(shape, seed):
    x = sample(shape, seed)[0]
    t = np.random.default_rng(seed).integers(0, 2, shape)
    p = 1 / (1 + np.exp(-x))
    expected = -(t * np.log(p) + (1 - t) * np.log(1 - p)).sum() / shape[0]
    np.testing.assert_allclose(F.sigmoid_cross_entropy(Variable(x), t).data, expected, rtol=1e-10)
    clipped = np.clip(p, 1e-15, 0.999)
    expected = -(t * np.log(clipped) + (1 - t) * np.log(1 - clipped)).sum() / shape[0]
    np.testing.assert_allclose(F.binary_cross_entropy(Variable(p), t).data, expected, rtol=1e-10)


def test_sigmoid_cross_entropy_of_two_scores_is_that_of_softmax():
    x = Variable(np.array([-800.0, -1.0, 0.3, 900.0]))
    t = np.array([1, 0, 1, 0])
    pairs = F.stack([x * 0, x], 1)
    found, expected = F.sigmoid_cross_entropy(x, t), F.softmax_cross_entropy(pairs, t)
    np.testing.assert_allclose(found.data, expected.data, rtol=1e-14)
    np.testing.assert_allclose(gradients(found, x)[0].data, gradients(expected, x)[0].data, rtol=1e-14, atol=1e-300)


@pytest.mark.parametrize("loss", [F.sigmoid_cross_entropy, F.binary_cross_entropy])
def test_labels_without_an_axis_of_one(loss):
    x, t = np.array([[0.2], [0.4], [0.9]]), np.array([1, 0, 1])
    assert loss(Variable(x), t).item() == loss(Variable(x), t[:, None]).item() == loss(Variable(x[:, 0]), t).item()
    assert loss(Variable(x), Variable(t)).item() == loss(Variable(x), t).item()


def test_binary_cross_entropy_is_flat_where_it_clips():
    p = Variable(np.array([0.0, 1.0, 0.5]))
    F.binary_cross_entropy(p, np.array([1, 0, 1])).backward()
    np.testing.assert_allclose(p.grad.data, [0, 0, -2 / 3], rtol=1e-15)


def test_kl_div_of_equals_is_zero_and_of_a_sure_thing_is_its_surprise():
    t = np.array([[0.2, 0.8], [0.5, 0.5]])
    np.testing.assert_allclose(F.kl_div(Variable(np.log(t)), t, "sum").data, 0, atol=1e-16)
    x = Variable(np.log([[0.25, 0.75]]))
    sure = np.array([[1.0, 0.0]])
    y = F.kl_div(x, sure, "batchmean")
    assert y.item() == pytest.approx(math.log(4), rel=1e-15)
    np.testing.assert_array_equal(gradients(y, x)[0].data, [[-1, 0]])
    assert F.kl_div(x, sure).item() == pytest.approx(math.log(4) / 2, rel=1e-15)
    logarithms = F.kl_div(x, np.log(t[:1]), "sum", log_target=True)
    np.testing.assert_allclose(logarithms.data, F.kl_div(x, t[:1], "sum").data, atol=1e-15)


def test_hinge_loss_at_its_kink():
    x = Variable(np.array([1.0, 0.0, -2.0]))
    y = F.hinge_loss(x, np.array([1, -1, 1]), "sum")
    assert y.item() == 0 + 1 + 3
    np.testing.assert_array_equal(gradients(y, x)[0].data, [0, 1, -1])


# -- numbers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", [F.mean_squared_error, F.mean_squared_error_simple])
def test_mean_squared_error_divides_by_the_samples(loss):
    a, b = np.arange(6.0).reshape(3, 2), np.array([[1.0, 1.0], [2.0, 0.0], [3.0, 9.0]])
    expected = ((a - b) ** 2).sum() / 3
    x0, x1 = Variable(a), Variable(b)
    for y in (loss(x0, b), loss(a, x1), loss(x0, x1)):
        assert y.item() == pytest.approx(expected, rel=1e-15)
    y.backward()
    np.testing.assert_allclose(x0.grad.data, 2 * (a - b) / 3, rtol=1e-15)
    np.testing.assert_allclose(x1.grad.data, 2 * (b - a) / 3, rtol=1e-15)


def test_huber_loss_and_its_derivatives_where_the_pieces_meet():
    x = Variable(np.array([-3.0, -0.5, 0.0, 0.5, 3.0]))
    y = F.huber_loss(x, np.zeros(5), "none", delta=0.5)
    np.testing.assert_array_equal(y.data, [1.375, 0.125, 0, 0.125, 1.375])
    (first,) = gradients(y, x, create_graph=True)
    np.testing.assert_array_equal(first.data, [-0.5, -0.5, 0, 0.5, 0.5])
    np.testing.assert_array_equal(gradients(first, x)[0].data, [0, 1, 1, 1, 0])


def test_l1_loss_is_flat_where_it_is_zero():
    x = Variable(np.array([-3.0, 0.0, 2.0]))
    y = F.l1_loss(x, np.zeros(3), "sum")
    assert y.item() == 5
    np.testing.assert_array_equal(gradients(y, x)[0].data, [-1, 0, 1])


@given(shapes, seeds)
def test_cosine_similarity_is_of_directions_alone(shape, seed):
    a, b = sample(shape, seed)[0], sample(shape, seed + 1)[0]
    found = F.cosine_similarity(Variable(a), b).data
    assert found.shape == shape[:1]
    np.testing.assert_allclose(F.cosine_similarity(Variable(3 * a), b / 7).data, found, rtol=1e-12)
    np.testing.assert_allclose(F.cosine_similarity(Variable(a), -a).data, -1, rtol=1e-14)


def test_cosine_similarity_of_a_vector_of_zeros():
    a, b = Variable(np.zeros((1, 2))), Variable(np.array([[3.0, 4.0]]))
    y = F.cosine_similarity(a, b)
    y.backward()
    assert y.data.tolist() == [0]
    np.testing.assert_array_equal(b.grad.data, [[0, 0]])
    np.testing.assert_allclose(a.grad.data, [[0.6e8, 0.8e8]], rtol=1e-14)


def test_reductions():
    x, t = Variable(np.array([1.0, -3.0])), np.zeros(2)
    assert [F.l1_loss(x, t, how).data.tolist() for how in ("none", "sum", "mean")] == [[1, 3], 4, 2]
    assert F.l1_loss(x, t).item() == 2


def test_short_names():
    assert (F.nll, F.hinge, F.huber, F.l1) == (F.nll_loss, F.hinge_loss, F.huber_loss, F.l1_loss)


@pytest.mark.parametrize(
    "loss",
    [
        lambda x, t: F.softmax_cross_entropy(x, t[:, 0]),
        lambda x, t: F.softmax_cross_entropy_simple(x, t[:, 0]),
        lambda x, t: F.nll_loss(x, t[:, 0]),
        *(F.sigmoid_cross_entropy, F.binary_cross_entropy, F.huber_loss, F.mean_squared_error, F.cosine_similarity),
        lambda x, t: F.hinge_loss(x, 2 * t - 1),
        lambda x, t: F.kl_div(x, t.astype(np.float32)),
    ],
)
def test_whole_numbers_as_labels_leave_float32(loss):
    x, t = Variable(np.full((2, 2), 0.3, np.float32)), np.array([[1, 0], [0, 1]])
    y = loss(x, t)
    y.backward()
    assert (y.dtype, x.grad.dtype) == (np.float32, np.float32)


# -- what does not fit -------------------------------------------------------------------------------------------

X = Variable(np.ones((2, 3)))


@pytest.mark.parametrize("loss", CLASS_LOSSES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize(
    ("x", "t", "error", "parts"),
    [
        (np.ones(3), [0, 0, 0], ValueError, ["(3,)", "(samples, classes)"]),
        (np.ones((2, 3, 1)), [0, 0], ValueError, ["(2, 3, 1)", "(samples, classes)"]),
        (np.ones((0, 3)), np.zeros(0, int), ValueError, ["(0, 3)", "elements"]),
        (np.ones((2, 3)), [0, 3], IndexError, ["t holds 3", "(2, 3)", "0 to 2"]),
        (np.ones((2, 3)), [0, -1], IndexError, ["t holds -1", "(2, 3)", "0 to 2"]),
        (np.ones((2, 3)), [0, 1, 2], ValueError, ["(3,)", "(2, 3)", "2 samples"]),
        (np.ones((2, 3)), np.eye(3, dtype=int)[:2], ValueError, ["(2, 3)", "t.argmax(axis=1)"]),
        (np.ones((2, 3)), [0.0, 1.0], TypeError, ["whole numbers", "float64", "astype(int)"]),
        (np.ones((2, 3)), [True, False], TypeError, ["whole numbers", "bool"]),
        (None, [0, 1], TypeError, ["no data"]),
    ],
)
def test_classes_that_do_not_fit_are_refused(loss, x, t, error, parts):
    assert_refused(lambda: loss(Variable(x), t), error, f"{loss.__name__}: ", *parts)


@pytest.mark.parametrize(
    "loss",
    [
        *(F.mean_squared_error, F.mean_squared_error_simple, F.sigmoid_cross_entropy, F.binary_cross_entropy),
        *(F.huber_loss, F.l1_loss, F.kl_div, F.hinge_loss, F.cosine_similarity),
    ],
    ids=lambda loss: loss.__name__,
)
def test_shapes_that_differ_are_refused(loss):
    for t in (np.ones((3, 2)), np.ones((2, 1)), np.ones((2, 2, 3)), 1.0):
        assert_refused(lambda t=t: loss(X, t), ValueError, f"{loss.__name__}: ", "(2, 3)", str(np.shape(t)), "reshape")


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        (lambda: F.l1_loss(X, X, "average"), ["l1_loss", "reduction", "'average'", "'mean', 'sum' or 'none'"]),
        (lambda: F.huber_loss(X, X, delta=0), ["huber_loss", "delta", "positive", "0"]),
        (lambda: F.huber_loss(X, X, delta=math.nan), ["huber_loss", "delta", "nan"]),
        (lambda: F.hinge_loss(X, np.zeros((2, 3))), ["hinge_loss", "-1 and 1", "2 * t - 1"]),
        (lambda: F.cosine_similarity(X, X, axis=2), ["cosine_similarity", "axis 2", "(2, 3)"]),
        (
            lambda: F.mean_squared_error(np.ones((0, 2)), np.ones((0, 2))),
            ["mean_squared_error", "(0, 2)", "no samples"],
        ),
        (lambda: F.l1_loss(np.ones(0), np.ones(0)), ["l1_loss", "(0,)", "no samples"]),
    ],
)
def test_parameters_that_do_not_fit_are_refused(call, parts):
    assert_refused(call, ValueError, *parts)


def test_axes_of_length_one_in_front_do_not_matter_and_pairs_of_all_are_refused():
    y, t = np.array([[2.0]]), np.array([5.0])
    assert F.mean_squared_error(Variable(y), t).item() == 9
    assert F.mean_squared_error(np.array([1.0, 2.0]), np.array([[1.0, 4.0]])).item() == 4
    for x, t in [(np.ones((3, 1)), np.ones(3)), (np.ones(3), np.ones(())), (np.ones((2, 3)), np.ones(3))]:
        with pytest.raises(ValueError, match="must be of one shape"):
            F.mean_squared_error(Variable(x), t)


def test_a_loss_of_scores_refuses_complex_ones():
    with pytest.raises(TypeError, match="logistic_loss"):
        F.sigmoid_cross_entropy(Variable(np.array([0.3 + 0.1j])), np.array([1]))
