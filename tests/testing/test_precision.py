"""Half precision and complex arguments: what holds, and what is caught."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function
from dezero.testing import Case, Reals, certify
from dezero.testing.run import QUICK

WHY = {"mpmath": "a user's"}


def failed(function, like, **without):
    """The checks that fail and what is said."""
    certificate = certify(Case(function, Reals(0.5, 2), like=like, without={**WHY, **without}), QUICK)
    return {line.check for line in certificate.failures}, certificate


class Doubled(Function):
    """Twice x, in single precision if x is in half."""

    def forward(self, x):
        return x * (np.float32(2) if x.dtype == np.float16 else 2)

    def backward(self, gy):
        return gy * 2


class Overflowing(Function):
    """x by way of 40,000 x, which half precision has not the room for."""

    def forward(self, x):
        return x * 40_000 / 40_000

    def backward(self, gy):
        return gy * 1.0


class Unconjugated(Function):
    """The square, whose gradient of complex numbers has a conjugate too many."""

    def forward(self, x):
        return x * x

    def backward(self, gy):
        return gy * 2 * F.conj(self.inputs[0])


def test_a_sound_function_holds():
    found, certificate = failed(lambda x: F.sin(x) * x, lambda x: np.sin(x) * x)
    assert not found, certificate.report()
    assert certificate.conditions["float16"] == certificate.conditions["complex arguments"] == ""


@pytest.mark.parametrize(("function", "factor"), [(Doubled, 2), (Overflowing, 1)])
def test_half_precision_is_kept_and_is_enough(function, factor):
    found, _ = failed(function, lambda x: x * factor, integers="they become floats")
    assert found == {"float16"}


def test_the_gradient_of_complex_arguments():
    found, certificate = failed(Unconjugated, lambda x: x * x)
    assert found == {"complex arguments"}
    assert "along a direction, raw" in certificate.report()


def test_what_the_reference_does_not_take_says_so():
    _, certificate = failed(F.abs, np.abs, complex="absolute values are not analytic")
    assert certificate.conditions["complex arguments"] == "absolute values are not analytic"
