"""Dropout."""

import numpy as np
import pytest

from dezero import Variable, gradients, test_mode
from dezero.functions.nn.dropout import dropout


def test_the_elements_kept_are_those_of_numpy_s_global_state():
    x = np.random.default_rng(0).standard_normal((3, 4))
    np.random.seed(7)
    y = dropout(Variable(x), 0.3)
    np.random.seed(7)
    kept = np.random.rand(3, 4) > 0.3
    np.testing.assert_allclose(y.data, np.where(kept, x / 0.7, 0), rtol=1e-15)
    assert not kept.all()


def test_the_gradient_goes_the_way_of_the_elements():
    np.random.seed(0)
    X = Variable(np.ones(100))
    y = dropout(X)
    np.testing.assert_array_equal(gradients(y, X)[0].data, y.data)
    assert set(y.data) == {0.0, 2.0}


def test_the_mean_stays():
    np.random.seed(0)
    y = dropout(Variable(np.ones(100_000)), 0.2)
    # Standard deviation of the mean: sqrt(0.2 / 0.8 / 100,000) = 0.0016; five of them.
    assert abs(y.data.mean() - 1) < 0.008


def test_in_use_it_is_x_itself_and_draws_nothing():
    X = Variable(np.ones(3))
    np.random.seed(0)
    before = np.random.get_state()[2]
    with test_mode():
        assert dropout(X) is X
    assert np.random.get_state()[2] == before


@pytest.mark.parametrize(("ratio", "value"), [(0, 1.0), (1, 0.0), (1.0, 0.0)])
def test_nothing_or_all_left_out(ratio, value):
    np.testing.assert_array_equal(dropout(Variable(np.ones(50)), ratio).data, np.full(50, value))


def test_dtypes_and_shapes():
    assert dropout(Variable(np.ones((2, 2), np.float32)), 0.3).dtype == np.float32
    assert dropout(Variable(np.ones(2, int)), 0.3).dtype == np.float64
    assert dropout(Variable(np.array(1.0))).shape == ()
    assert dropout(Variable(np.ones((0, 2)))).shape == (0, 2)


@pytest.mark.parametrize("ratio", [-0.1, 1.1, float("nan"), "a", None])
def test_what_is_no_probability_is_refused(ratio):
    for setting in (True, False):
        with pytest.raises(ValueError, match="dropout: dropout_ratio must be a probability"):
            _in(setting, ratio)


def _in(training, ratio):
    if training:
        return dropout(Variable(np.ones(2)), ratio)
    with test_mode():
        return dropout(Variable(np.ones(2)), ratio)


def test_a_generator_of_ones_own_leaves_the_global_state_alone():
    np.random.seed(0)
    before = np.random.get_state()[2]
    a, b = [dropout(Variable(np.ones((4, 5))), 0.3, rng=np.random.default_rng(3)) for _ in range(2)]
    np.testing.assert_allclose(a.data, (np.random.default_rng(3).random((4, 5)) > 0.3) / 0.7, rtol=1e-15)
    np.testing.assert_array_equal(a.data, b.data)
    assert np.random.get_state()[2] == before
