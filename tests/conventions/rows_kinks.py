"""Kinks: where a function bends."""

import numpy as np

from tests.conventions.constants import NAN, zero


def _stable_cross_entropy(F, x):
    """Of the label 1."""
    return F.maximum(x, zero(F)) - x + F.log1p(F.exp(-F.abs(x)))


def _both(name, function, points, firsts, seconds, note):
    return [(name, function, *row, note) for row in zip(points, firsts, seconds, strict=True)]


ROWS = [
    ("abs(x)", lambda F, x: F.abs(x), 0.0, 0.0, NAN, "second: none"),
    ("abs(a + ib)", lambda F, a, b: F.abs(a + 1j * b), (0.0, 0.0), (0.0, 0.0), (NAN, NAN), "second: none"),
    ("angle(a + ib)", lambda F, a, b: F.angle(a + 1j * b), (0.0, 0.0), (0.0, 0.0), (NAN, NAN), "second: none"),
    ("norm(x)", lambda F, x: F.norm(x), [0.0, 0.0], [0.0, 0.0], [NAN, NAN], "second: none"),
    ("norm(x, 1)", lambda F, x: F.norm(x, 1), [0.0, 3.0], [0.0, 1.0], [NAN, 0.0], "second: none where x is 0"),
    ("std(x)", lambda F, x: F.std(x), [0.1, 0.1, 0.1], [0.0] * 3, [NAN] * 3, "second: none"),
    ("relu(x)", lambda F, x: F.relu(x), 0.0, 0.0, 0.0, ""),
    (
        "relu(x)**2 + relu(-x)**2",
        lambda F, x: F.relu(x) ** 2 + F.relu(-x) ** 2,
        0.0,
        0.0,
        0.0,
        "second: slopes are constant; x**2 has 2",
    ),
    ("maximum(x, 0) - x + log1p(exp(-abs(x)))", _stable_cross_entropy, 0.0, -0.5, NAN, "cross entropy, stable"),
    ("leaky_relu(x, 0.2)", lambda F, x: F.leaky_relu(x, 0.2), 0.0, 0.2, 0.0, "the slope below"),
    ("prelu(x, w)", lambda F, x, w: F.prelu(x, w), ([0.0], [0.25]), ([0.25], [0.0]), ([1.0], [1.0]), ""),
    ("elu(x, 3)", lambda F, x: F.elu(x, 3.0), 0.0, 3.0, 3.0, "the piece below"),
    ("celu(x, 0.5)", lambda F, x: F.celu(x, 0.5), 0.0, 1.0, 2.0, "the piece below"),
    ("selu(x)", lambda F, x: F.selu(x), 0.0, 1.7580993408473766, 1.7580993408473766, "the piece below"),
    ("softsign(x)", lambda F, x: F.softsign(x), 0.0, 1.0, 0.0, ""),
    *_both("clip(x, -1, 1)", lambda F, x: F.clip(x, -1.0, 1.0), (-1.0, 1.0), (1.0, 1.0), (0.0, 0.0), "bounds count"),
    (
        "clip(x, low, high)",
        lambda F, x, low, high: F.clip(x, low, high),
        (1.0, 1.0, 3.0),
        (1.0, 0.0, 0.0),
        (0.0, 0.0, 0.0),
        "at a bound to x",
    ),
    *_both("hardtanh(x)", lambda F, x: F.hardtanh(x), (-1.0, 1.0), (0.0, 0.0), (0.0, 0.0), ""),
    *_both("relu6(x)", lambda F, x: F.relu6(x), (0.0, 6.0), (0.0, 0.0), (0.0, 0.0), ""),
    *_both("hardsigmoid(x)", lambda F, x: F.hardsigmoid(x), (-3.0, 3.0), (0.0, 0.0), (0.0, 0.0), ""),
    *_both("hardswish(x)", lambda F, x: F.hardswish(x), (-3.0, 3.0), (0.0, 1.0), (0.0, 0.0), "the pieces outside"),
    *_both("softshrink(x)", lambda F, x: F.softshrink(x), (-0.5, 0.5), (0.0, 0.0), (0.0, 0.0), ""),
    *_both("hardshrink(x)", lambda F, x: F.hardshrink(x), (-0.5, 0.5), (0.0, 0.0), (0.0, 0.0), ""),
    *_both(
        "huber_loss(x, 0)",
        lambda F, x: F.huber_loss(x, 0.0 * x, reduction="none"),
        (-1.0, 1.0),
        (-1.0, 1.0),
        (1.0, 1.0),
        "second: the square's",
    ),
    ("hinge_loss(x, 1)", lambda F, x: F.hinge_loss(x, np.ones(1), "none"), [1.0], [0.0], [0.0], ""),
]
