"""Cases of dezero.functions.linalg.determinants."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Normal

SINGULAR = np.outer([1.0, 2, -1, 0.5, 3], [2.0, -1, 1, 1, -0.5])

CASES = [
    *[Case(F.det, Normal(n, n), like=np.linalg.det, label=f"{n} x {n}") for n in range(1, 7)],
    Case(F.det, Normal(2, 3, 3), like=np.linalg.det, label="stack"),
    Case(
        F.det,
        lambda rng: Normal(5, 5)(rng) + 9 * np.eye(5),
        like=np.linalg.det,
        covers=("regular_det",),
        label="well conditioned",
    ),
    Case(F.det, SINGULAR[:2, :2], like=np.linalg.det, label="singular, 2 x 2"),
    Case(F.det, SINGULAR[:4, :4] + np.diag([0, 2.0, 1, 0]), like=np.linalg.det, label="rank three of four"),
    Case(F.det, SINGULAR + np.diag([0, 2.0, 1, 0, 3]), like=np.linalg.det, label="rank four of five"),
    Case(F.det, np.zeros((5, 5)), like=np.linalg.det, label="zeros"),
    Case(
        F.slogdet,
        lambda rng: Normal(2, 3, 3)(rng) + 3 * np.eye(3),
        like=np.linalg.slogdet,
        without={"complex": "the sign of a complex determinant is not analytic"},
    ),
]
