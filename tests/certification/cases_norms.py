"""Cases of dezero.functions.linalg.norms."""

import numpy as np

from dezero.functions.linalg.norms import norm
from dezero.testing import Case, Normal

ABSOLUTE = {"complex": "absolute values are not analytic"}


def Apart(rng):
    """A matrix whose singular values are far from each other and from 0, so that it has every derivative."""
    return 0.3 * Normal(3, 2)(rng) + np.array([[2.0, 0], [0, 1], [0, 0]])


CASES = [
    *[
        Case(
            norm,
            Normal(*shape),
            like=np.linalg.norm,
            without=ABSOLUTE,
            covers=("root", "over_size", "reciprocal_or_nan"),
            label=label,
            **how,
        )
        for label, shape, how in (
            ("", (2, 3), {}),
            ("three axes", (2, 2, 2), {}),
            ("keepdims", (2, 3), {"keepdims": True}),
            ("vectors", (2, 3), {"axis": 1}),
            ("vectors, keepdims", (2, 3), {"axis": 0, "keepdims": True}),
            ("two axes", (2, 3, 2), {"axis": (2, 0)}),
        )
    ],
    *[
        Case(norm, Normal(2, 3), like=np.linalg.norm, ord=p, axis=-1, without=ABSOLUTE, label=f"vectors, ord {p}")
        for p in (1, 2, 3, 4, 2.5, 0.5, -1, -2, np.inf, -np.inf)
    ],
    *[
        Case(norm, matrix, like=np.linalg.norm, ord=p, without=ABSOLUTE, label=f"matrix, ord {p}")
        for matrix, orders in ((Normal(3, 2), ("fro", 1, -1, np.inf, -np.inf)), (Apart, ("nuc", 2, -2)))
        for p in orders
    ],
    Case(
        norm,
        Normal(2, 3, 2),
        like=np.linalg.norm,
        ord=1,
        axis=(2, 0),
        keepdims=True,
        without=ABSOLUTE,
        label="matrices, ord 1, keepdims",
    ),
]
