"""Ties: who of equals has the derivative."""

from tests.conventions.constants import NAN, zero

ROWS = [
    ("maximum(a, b)", lambda F, a, b: F.maximum(a, b), (1.0, 1.0), (0.5, 0.5), (0.0, 0.0), "half each"),
    ("minimum(a, b)", lambda F, a, b: F.minimum(a, b), (1.0, 1.0), (0.5, 0.5), (0.0, 0.0), "half each"),
    (
        "maximum(a, b) + minimum(a, b)",
        lambda F, a, b: F.maximum(a, b) + F.minimum(a, b),
        (1.0, 1.0),
        (1.0, 1.0),
        (0.0, 0.0),
        "the sum a + b",
    ),
    ("maximum(x, 0)", lambda F, x: F.maximum(x, zero(F)), 0.0, 0.5, 0.0, "relu has 0"),
    ("maximum(x, -x)**2", lambda F, x: F.maximum(x, -x) ** 2, 0.0, 0.0, 0.0, "second: shares are constant; x**2 has 2"),
    ("fmax(a, b)", lambda F, a, b: F.fmax(a, b), (1.0, 1.0), (0.5, 0.5), (0.0, 0.0), "half each"),
    ("fmin(a, b)", lambda F, a, b: F.fmin(a, b), (1.0, 1.0), (0.5, 0.5), (0.0, 0.0), "half each"),
    ("fmax(a, b)", lambda F, a, b: F.fmax(a, b), (NAN, 1.0), (0.0, 1.0), (0.0, 0.0), "to the number"),
    ("max(x)", lambda F, x: F.max(x), [1.0, 5.0, 5.0], [0.0, 0.5, 0.5], [0.0, 0.0, 0.0], "equal parts"),
    ("min(x)", lambda F, x: F.min(x), [2.0, 2.0, 2.0, 5.0], [1 / 3, 1 / 3, 1 / 3, 0.0], [0.0] * 4, "equal parts"),
    (
        "max(x, axis=1)",
        lambda F, x: F.max(x, axis=1),
        [[1.0, 5.0, 5.0], [2.0, 2.0, 1.0]],
        [[0.0, 0.5, 0.5], [0.5, 0.5, 0.0]],
        [[0.0] * 3] * 2,
        "equal parts",
    ),
    ("ptp(x)", lambda F, x: F.ptp(x), [1.0, 1.0, 3.0], [-0.5, -0.5, 1.0], [0.0] * 3, ""),
    ("ptp(x)", lambda F, x: F.ptp(x), [1.0, 1.0], [0.0, 0.0], [0.0] * 2, ""),
    ("nanmax(x)", lambda F, x: F.nanmax(x), [NAN, 2.0, 2.0], [0.0, 0.5, 0.5], [0.0] * 3, ""),
    ("cummax(x)", lambda F, x: F.cummax(x), [5.0, 5.0, 5.0], [1 + 1 / 2 + 1 / 3, 1 / 2 + 1 / 3, 1 / 3], [0.0] * 3, ""),
    ("cummin(x)", lambda F, x: F.cummin(x), [1.0, 1.0, 0.0], [1.5, 0.5, 1.0], [0.0] * 3, "equal parts of those so far"),
    ("median(x)", lambda F, x: F.median(x), [3.0, 3.0, 3.0], [0.0, 1.0, 0.0], [0.0] * 3, "in the order of the sort"),
    ("quantile(x, 0.4)", lambda F, x: F.quantile(x, 0.4), [1.0, 1.0, 1.0, 2.0], [0.0, 0.8, 0.2, 0.0], [0.0] * 4, ""),
    ("sort(x)[0]", lambda F, x: F.sort(x)[0], [1.0, 1.0, 2.0], [1.0, 0.0, 0.0], [0.0] * 3, "the sort is stable"),
    ("top_k(x, 1)", lambda F, x: F.top_k(x, 1)[0], [1.0, 2.0, 2.0], [0.0, 1.0, 0.0], [0.0] * 3, "the first"),
    (
        "pooling(x, 2)",
        lambda F, x: F.pooling(x, 2),
        [[[[1.0, 1.0], [1.0, 1.0]]]],
        [[[[1.0, 0.0], [0.0, 0.0]]]],
        [[[[0.0] * 2] * 2]],
        "the first in memory",
    ),
]
