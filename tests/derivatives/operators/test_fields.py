"""Divergence and curl of vector fields: closed forms, and the laws that bind them to the Laplacian."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import dezero.functions as F
from dezero import Variable, gradients
from dezero.derivatives.operators.fields import curl, divergence
from dezero.derivatives.operators.linear import laplacian

RNG = np.random.default_rng(0)
M = RNG.normal(size=(3, 3))
BATCH = RNG.uniform(-1, 1, (3, 3))


def field(x):
    return F.stack([x[..., 1] * F.sin(x[..., 2]), x[..., 0] ** 2 * x[..., 1], F.exp(x[..., 0]) * x[..., 2] ** 2], -1)


def test_divergence_and_curl():
    x, y, z = 0.3, -0.5, 0.8
    p = np.array([x, y, z])
    assert divergence(field)(p).item() == pytest.approx(x**2 + 2 * z * np.exp(x))
    expected = [0, y * np.cos(z) - np.exp(x) * z**2, 2 * x * y - np.sin(z)]
    assert_allclose(curl(field)(p).data, expected, atol=1e-15)
    batch = np.stack([p, 2 * p])
    assert_allclose(divergence(field)(batch).data, [divergence(field)(p).item(), divergence(field)(2 * p).item()])
    assert_allclose(curl(field)(batch).data, [curl(field)(p).data, curl(field)(2 * p).data])
    assert curl(field)(p).creator is None


def test_laws_of_fields():
    def potential(x):
        return F.sum(F.tanh(x @ M), axis=-1)

    def slope(x):
        return gradients(F.sum(potential(x)), x, create_graph=True)[0]

    x = BATCH
    assert_allclose(curl(slope)(x).data, np.zeros((3, 3)), atol=1e-14)
    assert_allclose(divergence(slope)(x).data, laplacian(potential)(x).data)
    assert_allclose(divergence(curl(field))(x).data, np.zeros(3), atol=1e-14)


def test_curl_in_the_plane_recorded_and_constant_fields():
    w = Variable(np.array(2.0))

    def turn(x):
        return F.stack([-w * x[..., 1] ** 2, w * x[..., 0] ** 3], -1)

    found = curl(turn)(np.array([2.0, 1.0]))
    assert found.item() == pytest.approx(2 * (12 + 2))
    assert gradients(found, w)[0].item() == pytest.approx(14)
    assert curl(lambda x: Variable(np.ones((3, 2))))(np.zeros((3, 2))).data.tolist() == [0, 0, 0]
    assert divergence(lambda x: x * 1)(np.zeros((0, 2))).shape == (0,)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: curl(F.sin)(np.ones(4)), ValueError, "curl: x has 4 components; it is defined for 2 and 3"),
        (lambda: divergence(F.sin)(1.0), ValueError, r"divergence: x has shape \(\); give one point"),
        (
            lambda: divergence(F.sum)(np.ones(2)),
            ValueError,
            r"divergence: the field maps x of shape \(2,\) to shape \(\); it has to give the same shape",
        ),
    ],
)
def test_misuse(call, error, message):
    with pytest.raises(error, match=message):
        call()
