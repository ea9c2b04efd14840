"""Normalisations and dropout as layers. What they compute: tests/functions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
import dezero.layers as L
from dezero import Config, Variable, test_mode

IMAGES = (np.arange(2 * 3 * 4 * 4).reshape(2, 3, 4, 4) % 7).astype(np.float32)


def sample(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


# -- over the batch --------------------------------------------------------------------------------------------


def test_batch_norm_is_the_originals_in_training_and_in_use():
    norm = L.BatchNorm()
    y = norm(Variable(IMAGES))
    np.testing.assert_allclose(y.data.ravel()[:3], [-1.3489225, -0.8745761, -0.40022975], rtol=1e-6)
    np.testing.assert_allclose(norm.avg_mean.data, [0.284375, 0.2875, 0.3125], rtol=1e-6)
    np.testing.assert_allclose(norm.avg_var.data, [1.3587701, 1.2790322, 1.2790322], rtol=1e-6)
    with test_mode():
        y = norm(Variable(IMAGES))
    np.testing.assert_allclose(y.data.ravel()[:3], [-0.24395809, 0.61391646, 1.4717911], rtol=1e-6)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.sampled_from([0.0, 0.5, 0.9]))
def test_running_statistics_are_weighted_means_of_the_batches(sizes, decay):
    norm = L.BatchNorm(decay)
    mean, var = 0.0, 1.0
    for seed, n in enumerate(sizes):
        x = sample(n, 1, seed=seed)
        norm(x)
        mean = decay * mean + (1 - decay) * x.mean()
        var = decay * var + (1 - decay) * x.var() * n / max(n - 1, 1)
    assert norm.avg_mean.item() == pytest.approx(mean, rel=1e-12, abs=1e-12)
    assert norm.avg_var.item() == pytest.approx(var, rel=1e-12)


def test_use_neither_moves_the_statistics_nor_looks_at_the_batch():
    norm = L.BatchNorm()
    norm(sample(5, 2))
    before = norm.state_dict()
    with test_mode():
        together, alone = norm(sample(4, 2, seed=1)), norm(sample(4, 2, seed=1)[:1])
    np.testing.assert_allclose(together.data[:1], alone.data, rtol=1e-14)
    for name, value in norm.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    assert Config.train


def test_what_was_loaded_before_the_first_input_stays():
    norm = L.BatchNorm()
    norm.load_state_dict({"gamma": np.full(2, 3.0), "avg_var": np.full(2, 4.0)}, strict=False)
    with test_mode():
        y = norm(np.ones((1, 2)))
    np.testing.assert_allclose(y.data, 3 / np.sqrt(4 + 2e-5), rtol=1e-12)


def test_only_gamma_and_beta_are_learned():
    norm = L.BatchNorm()
    norm(IMAGES)
    assert [name for name, _ in norm.named_params()] == ["gamma", "beta"]
    assert [name for name, _ in norm.named_state()] == ["avg_mean", "avg_var", "gamma", "beta"]
    assert {p.name for p in norm.params()} == {"gamma", "beta"}


def test_an_error_leaves_the_running_statistics_as_they_were():
    norm = L.BatchNorm()
    norm(sample(4, 3))
    before = norm.state_dict()
    with pytest.raises(ValueError, match=r"batch_norm: gamma must be of shape \(2,\)"):
        norm(sample(4, 2))
    for name, value in norm.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


# -- over a sample ---------------------------------------------------------------------------------------------


@given(st.integers(1, 2), st.booleans())
def test_layer_norm_is_its_function(axes, lazy):
    x = sample(3, 2, 4)
    if lazy and axes == 1:
        norm = L.LayerNorm(dtype=np.float64)
    else:
        norm = L.LayerNorm(x.shape[-axes:] if axes > 1 else 4, dtype=np.float64)
    norm(x)
    norm.gamma.data, norm.beta.data = sample(*x.shape[-axes:], seed=1), sample(*x.shape[-axes:], seed=2)
    np.testing.assert_array_equal(norm(x).data, F.layer_norm(x, norm.gamma, norm.beta, axes).data)


def test_group_norm_is_its_function():
    x, norm = sample(3, 4, 2), L.GroupNorm(2, eps=1e-3, dtype=np.float64)
    norm(x)
    norm.gamma.data, norm.beta.data = sample(4, seed=1), sample(4, seed=2)
    np.testing.assert_array_equal(norm(x).data, F.group_norm(x, 2, norm.gamma, norm.beta, 1e-3).data)


@pytest.mark.parametrize(("make", "shape"), [(L.LayerNorm, (4,)), (lambda size: L.GroupNorm(2, size), (4,))])
def test_a_size_given_makes_the_parameters_at_once(make, shape):
    norm = make(4)
    np.testing.assert_array_equal(norm.gamma.data, np.ones(shape, np.float32))
    np.testing.assert_array_equal(norm.beta.data, np.zeros(shape, np.float32))


@pytest.mark.parametrize(
    ("norm", "x", "error", "says"),
    [
        (L.BatchNorm(), np.ones((2, 3), int), TypeError, "BatchNorm: x must hold floats, got int64; use x.astype"),
        (L.BatchNorm(), np.ones(3), ValueError, r"BatchNorm: x must have 2 axes or more, got shape \(3,\)"),
        (L.BatchNorm(), np.ones((0, 3)), ValueError, r"BatchNorm: x of shape \(0, 3\) has no elements"),
        (L.LayerNorm(), np.array(1.0), ValueError, r"LayerNorm: x must have 1 axes or more"),
        (L.LayerNorm(), np.ones((2, 0)), ValueError, "LayerNorm: x of shape"),
        (L.GroupNorm(2), np.ones((2, 3)), ValueError, "GroupNorm: 2 groups do not divide 3 channels"),
        (L.GroupNorm(2), np.ones((2, 4), np.uint8), TypeError, "GroupNorm: x must hold floats, got uint8"),
        (L.GroupNorm(2), np.ones((2, 4), complex), TypeError, "GroupNorm: x must hold floats, got complex128"),
    ],
)
def test_a_first_input_that_does_not_fit_makes_no_parameters(norm, x, error, says):
    with pytest.raises(error, match=says):
        norm(x)
    assert all(value.data is None for _, value in norm.named_state())


@pytest.mark.parametrize(
    ("norm", "shape", "says"),
    [
        (L.LayerNorm(3), (2, 4), r"layer_norm: gamma must be of shape \(4,\)"),
        (L.LayerNorm((2, 3)), (3,), "layer_norm: x of shape"),
        (L.GroupNorm(2, 4), (2, 6), r"group_norm: gamma must be of shape \(6,\)"),
    ],
)
def test_a_later_input_that_does_not_fit_names_both_shapes(norm, shape, says):
    with pytest.raises(ValueError, match=says):
        norm(np.ones(shape, np.float32))


@pytest.mark.parametrize("groups", [0, -2, 1.5, None])
def test_groups_are_whole_numbers_over_zero(groups):
    with pytest.raises(ValueError, match="GroupNorm: groups"):
        L.GroupNorm(groups)


# -- dropout ---------------------------------------------------------------------------------------------------


def test_dropout_keeps_about_its_share_and_the_mean():
    y = L.Dropout(0.3, np.random.default_rng(0))(np.ones(10**5)).data
    assert np.mean(y == 0) == pytest.approx(0.3, abs=0.006)
    np.testing.assert_allclose(y[y != 0], 1 / 0.7, rtol=1e-12)


def test_dropout_draws_from_its_generator_or_as_the_original_from_the_global_state():
    x = np.ones((4, 5))
    a, b = [L.Dropout(rng=np.random.default_rng(3))(x).data for _ in range(2)]
    np.testing.assert_array_equal(a, b)
    np.random.seed(0)
    y = L.Dropout()(x)
    np.random.seed(0)
    np.testing.assert_array_equal(y.data, 2.0 * (np.random.rand(4, 5) > 0.5))


def test_each_call_drops_others_and_use_drops_nothing():
    x, layer = np.ones(100), L.Dropout(rng=np.random.default_rng(0))
    assert not np.array_equal(layer(x).data, layer(x).data)
    with test_mode():
        np.testing.assert_array_equal(layer(x).data, x)


def test_a_ratio_of_zero_drops_nothing_and_of_one_everything():
    np.random.seed(0)
    np.testing.assert_array_equal(L.Dropout(0.0)(np.ones(9)).data, np.ones(9))
    for rng in (None, np.random.default_rng(0)):
        np.testing.assert_array_equal(L.Dropout(1.0, rng)(np.ones(9)).data, np.zeros(9))


@pytest.mark.parametrize("ratio", [-0.1, 1.1, float("nan"), "a", None])
def test_a_ratio_that_is_no_probability_is_refused(ratio):
    with pytest.raises(ValueError, match="Dropout: ratio must be a number from 0 to 1, got"):
        L.Dropout(ratio)


def test_dropout_takes_no_whole_numbers():
    for layer in (L.Dropout(), L.Dropout(0.0)):
        with pytest.raises(TypeError, match=r"Dropout: x must hold floats, got int64; use x\.astype"):
            layer(np.ones(3, int))


# -- what is given and loaded ----------------------------------------------------------------------------------

STATE = {"avg_mean": np.zeros(3), "avg_var": np.ones(3), "gamma": np.ones(3), "beta": np.zeros(3)}


@pytest.mark.parametrize("saved", [np.float64, np.int64])
def test_what_was_loaded_takes_the_dtype_of_the_first_input(saved):
    norm, x = L.BatchNorm(), sample(4, 3).astype(np.float32)
    norm.load_state_dict({name: value.astype(saved) for name, value in STATE.items()})
    assert norm(x).dtype == np.float32
    assert {value.dtype for _, value in norm.named_state()} == {np.dtype(np.float32)}
    norm(x.astype(np.float64))
    assert {value.dtype for _, value in norm.named_state()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("load", [True, False])
def test_a_dtype_given_is_that_of_parameters_and_statistics(load):
    norm = L.BatchNorm(dtype=np.float32)
    if load:
        norm.load_state_dict(STATE)
        assert norm.gamma.dtype == np.float32
    norm(sample(4, 3))
    assert {value.dtype for _, value in norm.named_state()} == {np.dtype(np.float32)}


def test_arrays_loaded_for_another_number_of_channels_are_named_and_nothing_is_filled():
    norm = L.BatchNorm()
    norm.load_state_dict({"gamma": np.ones(4)}, strict=False)
    with pytest.raises(
        ValueError, match=r"BatchNorm: gamma was loaded with shape \(4,\), and x \(2, 3\) has 3 channels"
    ):
        norm(np.ones((2, 3), np.float32))
    assert norm.avg_mean.data is None


@pytest.mark.parametrize("decay", [64, -0.1, "a", None])
def test_a_decay_that_is_none_is_refused_with_a_word_on_channels(decay):
    with pytest.raises(ValueError, match=r"BatchNorm: decay must be a number from 0 to 1, got .*number of channels"):
        L.BatchNorm(decay)


@pytest.mark.parametrize(
    "make",
    [
        lambda: L.LayerNorm(3.5),
        lambda: L.LayerNorm(-1),
        lambda: L.LayerNorm((2, 0)),
        lambda: L.LayerNorm((2, None)),
        lambda: L.GroupNorm(2, 4.0),
        lambda: L.InstanceNorm(0),
    ],
)
def test_sizes_are_whole_numbers_over_zero(make):
    with pytest.raises(ValueError, match="Norm: size must be a whole number of 1 or more, got"):
        make()


def test_whole_numbers_are_refused_after_the_first_input_too():
    for norm, shape in ((L.BatchNorm(), (2, 3)), (L.LayerNorm(), (2, 3)), (L.InstanceNorm(), (2, 3, 2))):
        norm(sample(*shape).astype(np.float32))
        with pytest.raises(TypeError, match="Norm: x must hold floats, got int64"):
            norm(np.ones(shape, int))


def test_instance_norm_is_its_function():
    x, norm = sample(3, 4, 2, 3), L.InstanceNorm(eps=1e-3, dtype=np.float64)
    norm(x)
    norm.gamma.data, norm.beta.data = sample(4, seed=1), sample(4, seed=2)
    np.testing.assert_array_equal(norm(x).data, F.instance_norm(x, norm.gamma, norm.beta, 1e-3).data)
