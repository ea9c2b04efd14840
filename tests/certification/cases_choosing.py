"""Cases of dezero.functions.indexing.choosing."""

import numpy as np

import dezero.functions.indexing.choosing as C
from dezero.testing import Case, Normal

WHICH = np.array([[0, 1, 1], [1, 0, 0]])
MASK = np.array([True, False, True])
FIXED = {"empty": "the conditions have elements", "0-d": "the conditions have an axis"}

CASES = [
    Case(
        C.choose,
        Normal(2, 3),
        Normal(3),
        call=lambda a, b: C.choose(WHICH, [a, b]),
        like=lambda a, b: np.choose(WHICH, [a, b]),
        without=FIXED,
    ),
    Case(
        C.select,
        Normal(3),
        Normal(2, 1),
        call=lambda a, b: C.select([MASK, ~MASK, WHICH > 0], [a, b, a * b], 2.0),
        like=lambda a, b: np.select([MASK, ~MASK, WHICH > 0], [a, b, a * b], 2.0),
        without=FIXED,
    ),
    Case(
        C.piecewise,
        Normal(3),
        call=lambda x: C.piecewise(x, [MASK], [lambda v: v * v, lambda v: v * v * v]),
        like=lambda x: np.piecewise(x, [MASK], [lambda v: v * v, lambda v: v * v * v]),
        without=FIXED,
    ),
]
