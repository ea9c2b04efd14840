"""A derivative is taken on the branch that the forward computation took, in every reading.

Two ways of computing one number round differently. An operation that compares them decides by the numbers that it
was given; a derivative that computed them again in another order would at times take the other branch.
"""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients, using_config

SAME = {  # ways of computing x
    "degrees of radians": lambda x: F.degrees(F.radians(x)),
    "tenfold of a tenth": lambda x: x * 0.1 * 10,
    "thirds": lambda x: -(x / 3) * -3.0,
    "0.7 * 0.3": lambda x: 0.7 * (x * 0.3) / 0.21,
    "there and back": lambda x: (x + 0.1) - 0.1,
    "as it is": lambda x: x,
}
PAIRS = {  # operations that compare two arrays
    "maximum": F.maximum,
    "minimum": F.minimum,
    "fmax": F.fmax,
    "fmin": F.fmin,
    "clip from below": lambda a, b: F.clip(a, b, None),
    "clip from above": lambda a, b: F.clip(a, None, b),
    "max": lambda a, b: F.max(F.stack([a, b]), axis=0),
    "nanmin": lambda a, b: F.nanmin(F.stack([a, b]), axis=0),
    "cummax": lambda a, b: F.cummax(F.stack([a, b]), axis=0)[1],
    "sort": lambda a, b: F.sort(F.stack([a, b]), axis=0)[0],
    "top_k": lambda a, b: F.top_k(F.stack([a, b], axis=1), 1)[0][:, 0],
    "quantile": lambda a, b: F.quantile(F.stack([a, b]), 0.25, axis=0),
    "pooling": lambda a, b: F.pooling(F.stack([a, b], axis=1)[:, np.newaxis], 2, stride=2)[:, 0, 0],
    "where": lambda a, b: F.where(a.data > b.data, a, b),
    "remainder": F.remainder,
    "fmod": F.fmod,
}
KINKS = {  # operations of a difference that is 0, but for rounding
    "abs": F.abs,
    "fabs": F.fabs,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "prelu": lambda x: F.prelu(x, 0.25),
    "elu": lambda x: F.elu(x, 3.0),
    "celu": lambda x: F.celu(x, 0.5) * x,
    "hardtanh": lambda x: F.hardtanh(x, 0.0, 2.0),
    "relu6": F.relu6,
    "hardshrink": lambda x: F.hardshrink(x * 3.0, 0.0),
    "softshrink": lambda x: F.softshrink(x / -3, 1e-18),
    "huber": lambda x: F.huber_loss(x * 0.1 + 1.0, np.zeros(1000), "none"),
    "copysign": lambda x: F.copysign(x * 1e17 + 1.0, x),
    "softsign": F.softsign,
}


def readings(f, *leaves):
    """The first derivatives raw, recorded and by the rules as they stand, and second ones by the latter two."""
    y = f(*leaves)
    raw = gradients(y, leaves)
    found = {"raw": [(g.data, 0) for g in raw]}
    for name, simplify in (("recorded", True), ("plain", False)):
        with using_config("simplify", simplify):
            y = f(*leaves)
            first = gradients(y, leaves, create_graph=True)
            (second,) = gradients(first[0], leaves[:1], create_graph=True)
            found[name] = [(g.data, second.data) for g in first]
    return found


def assert_alike(f, *leaves):
    found = readings(f, *leaves)
    for name in ("recorded", "plain"):
        for (g, _), (raw, _) in zip(found[name], found["raw"], strict=True):
            np.testing.assert_allclose(g, raw, rtol=1e-9, atol=1e-12, err_msg=name)
    for (_, second), (_, plain) in zip(found["recorded"], found["plain"], strict=True):
        np.testing.assert_allclose(second, plain, rtol=1e-9, atol=1e-12)


def points():
    rng = np.random.default_rng(18)
    return rng.choice([-1, 1], 1000) * 10 ** rng.uniform(-2, 2, 1000)


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("second", SAME)
@pytest.mark.parametrize("first", SAME)
def test_equal_numbers_that_rounding_tells_apart(name, first, second):
    x = points()
    assert_alike(lambda a, b: PAIRS[name](SAME[first](a), SAME[second](b)) * a, Variable(x), Variable(x.copy()))


@pytest.mark.parametrize("name", KINKS)
@pytest.mark.parametrize("first", SAME)
def test_kinks_at_what_would_be_zero_but_for_rounding(name, first):
    x = points()
    assert_alike(lambda a, b: KINKS[name](SAME[first](a) - 0.3 * b / 0.3), Variable(x), Variable(x.copy()))


@pytest.mark.parametrize("first", SAME)
def test_one_leaf_on_both_sides(first):
    """Of degrees(x / 10), 5.7 times x, and x the greater is x below 0: the recorded derivative once was of neither."""
    x = Variable(points())
    assert_alike(lambda a: F.fmax(F.degrees(SAME[first](a) * 0.1), a * (18 / np.pi)) * F.fmin(a, SAME[first](a)), x)
