"""The spiral and the sine curve, with DeZero's random numbers."""

import hashlib

import numpy as np
import pytest

from dezero.datasets import SinCurve, Spiral, get_spiral

# The bytes of get_spiral's arrays under DeZero 0.0.13, NumPy 1.23.5, and the number drawn next.
DEZERO = {
    True: ("860068db574bb8fc46c2340d84c6071be4fde5bea0021389b2c86f1c05e2d379", 0.86461113),
    False: ("36b2f5e8ca7a1db27f9bfff228f65d05f7281227ed975883893663af537d56bc", 0.43258249),
}


@pytest.mark.parametrize("train", [True, False])
def test_the_spiral_has_dezero_s_bits_and_leaves_its_random_state(train):
    dataset = Spiral(train)
    digest, drawn = DEZERO[train]
    assert hashlib.sha256(dataset.data.tobytes() + dataset.label.tobytes()).hexdigest() == digest
    np.testing.assert_allclose(np.random.rand(), drawn, rtol=0, atol=5e-9)
    assert (dataset.data.dtype, dataset.label.dtype) == (np.float32, np.int64)


def test_the_spiral_s_first_points():
    x, t = get_spiral()
    printed = [[-0.13981389, -0.00721657], [0.37049392, 0.5820947]]  # by DeZero 0.0.13
    np.testing.assert_allclose(x[:2], printed, rtol=0, atol=2**-25)  # half of float32's spacing
    np.testing.assert_array_equal(t[:12], [1, 1, 2, 0, 1, 2, 0, 0, 1, 2, 1, 1])


@pytest.mark.parametrize("train", [True, False])
def test_the_spiral_s_arms_have_a_point_at_each_radius(train):
    x, t = get_spiral(train)
    for arm in range(3):
        radii = np.sort(np.hypot(*x[t == arm].T))
        np.testing.assert_allclose(radii, np.arange(100) / 100, atol=1e-6)


def test_the_sine_curve_s_labels_are_its_next_values():
    np.random.seed(0)
    noise = np.random.uniform(-0.05, 0.05, size=1000)
    after = np.random.rand()
    np.random.seed(0)
    dataset = SinCurve()
    assert np.random.rand() == after
    assert dataset.data.shape == dataset.label.shape == (999, 1)
    assert dataset.data.dtype == np.float64
    np.testing.assert_array_equal(dataset.data[1:], dataset.label[:-1])
    np.testing.assert_array_equal(dataset.data[:, 0], (np.sin(np.linspace(0, 2 * np.pi, 1000)) + noise)[:-1])


def test_the_sine_curve_for_the_test_is_a_cosine_and_draws_as_much():
    np.random.seed(0)
    SinCurve(train=True)
    after = np.random.rand()
    np.random.seed(0)
    dataset = SinCurve(train=False)
    assert np.random.rand() == after
    np.testing.assert_array_equal(dataset.label[:, 0], np.cos(np.linspace(0, 2 * np.pi, 1000))[1:])
