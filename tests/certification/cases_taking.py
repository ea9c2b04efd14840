"""Cases of dezero.functions.indexing.taking."""

import numpy as np

import dezero.functions.indexing.taking as T
from dezero.core.call import apply
from dezero.core.op import declared
from dezero.testing import Case, Normal

EACH = np.array([[2, 0, 0, 1], [1, 1, 2, -1]])
FIXED = {"empty": "the indices need elements", "0-d": "the indices have an axis"}

CASES = [
    Case(
        "take_rows",
        Normal(3, 2),
        call=lambda x: apply(declared["take_rows"], x, EACH),
        like=lambda x: x[EACH],
        covers=["add_rows"],
        without={"0-d": "the table has rows", "empty": "the places need rows"},
    ),
    Case(T.take, Normal(4), indices=[2, 0, 0, -1], covers=["scatter"]),
    Case(T.take, Normal(2, 3), indices=[[5, 0], [1, 1]], label="ravelled"),
    Case(T.take, Normal(2, 3, 4), indices=[0, 2, 2], axis=1, label="axis"),
    Case(T.take, Normal(2, 3), indices=1, axis=-1, label="one"),
    Case(T.take, Normal(3), indices=[-4, 5, 1], mode="wrap", label="wrap"),
    Case(T.take, Normal(3), indices=[-4, 5, 1], mode="clip", label="clip"),
    Case(T.take_along_axis, Normal(2, 3), indices=EACH, axis=1),
    Case(T.take_along_axis, Normal(3, 1), indices=EACH[:, :3], axis=0, label="broadcast"),
    Case(T.take_along_axis, Normal(2, 3), indices=EACH[0], axis=None, label="ravelled"),
    Case(
        T.compress,
        Normal(2, 3),
        call=lambda x: T.compress([False, True, True], x, axis=1),
        like=lambda x: np.compress([False, True, True], x, axis=1),
        without=FIXED,
    ),
    Case(
        T.extract,
        Normal(2, 3),
        call=lambda x: T.extract(EACH[:, :3], x),
        like=lambda x: np.extract(EACH[:, :3], x),
        without=FIXED,
    ),
]
