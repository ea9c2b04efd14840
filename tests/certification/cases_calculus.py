"""Cases of dezero.functions.signal.calculus."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Normal

POINTS = np.array([0.0, 1.0, 2.5, 5.0, 6.5])
GRID = np.cumsum(np.random.default_rng(0).uniform(0.5, 1.5, (3, 4)), axis=1)
NO_AXES = {"0-d": "both give an empty tuple"}

CASES = [
    Case(F.diff, Normal(3, 4)),
    Case(F.diff, Normal(3, 4), axis=0, label="axis"),
    Case(F.diff, Normal(5, 2), n=3, axis=0, label="repeated"),
    Case(F.diff, Normal(3, 4), n=0, label="not at all"),
    Case(
        F.diff, Normal(2, 3), Normal(2, 2), form=lambda F, x, p: F.diff(x, prepend=p, append=0.5), label="joined ends"
    ),
    Case(F.ediff1d, Normal(2, 3)),
    Case(
        F.ediff1d,
        Normal(2, 3),
        Normal(2),
        form=lambda F, x, e: F.ediff1d(x, to_end=e, to_begin=1),
        without={"complex": "NumPy's refuses ends of another dtype"},
        label="joined ends",
    ),
    Case(F.trapezoid, Normal(3, 4)),
    Case(F.trapezoid, Normal(3, 4), dx=0.5, axis=0, label="step"),
    Case(F.trapezoid, Normal(5, 3), POINTS, form=lambda F, y, x: F.trapezoid(y, x, axis=0), label="points"),
    Case(F.trapezoid, Normal(3, 4), GRID, label="points of each row"),
    Case(F.gradient, Normal(5), without=NO_AXES),
    Case(F.gradient, Normal(3, 4), without=NO_AXES, label="all axes"),
    Case(F.gradient, Normal(3, 4), axis=-1, edge_order=2, label="axis, second order at the ends"),
    Case(F.gradient, Normal(3, 4), form=lambda F, f: F.gradient(f, 0.5, 2), label="spacings"),
    Case(F.gradient, Normal(5, 3), form=lambda F, f: F.gradient(f, POINTS, axis=0), label="points"),
    Case(
        F.gradient,
        Normal(5, 2),
        POINTS,
        form=lambda F, f, x: F.gradient(f, x, axis=0, edge_order=2),
        without={"complex": "NumPy's result is real where f is"},
        label="points, second order at the ends",
    ),
]
