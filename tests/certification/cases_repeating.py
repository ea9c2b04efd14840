"""Cases of dezero.functions.arrays.repeating."""

import dezero.functions.arrays.repeating as R
from dezero.testing import Case, Normal

CASES = [
    Case(R.tile, Normal(3), reps=2),
    Case(R.tile, Normal(2, 3), reps=(2, 1), label="one axis"),
    Case(R.tile, Normal(2, 3), reps=(2, 1, 2), label="a new axis"),
    Case(R.tile, Normal(2, 1, 3), reps=(2,), label="the last axis"),
    Case(R.repeat, Normal(2, 3), repeats=2),
    Case(R.repeat, Normal(2, 3), repeats=3, axis=0, label="axis"),
    Case(R.repeat, Normal(2, 3), repeats=[2, 0, 1], axis=1, label="each its own", covers=["scatter"]),
    Case(R.resize, Normal(2, 3), new_shape=(3, 5)),
    Case(R.resize, Normal(2, 3), new_shape=4, label="smaller"),
    Case(R.meshgrid, Normal(3), Normal(2)),
    Case(R.meshgrid, Normal(3), Normal(2), Normal(4), indexing="ij", label="ij, three"),
    Case(R.meshgrid, Normal(3), Normal(2), sparse=True, label="sparse"),
    Case(R.broadcast_arrays, Normal(3, 1), Normal(2)),
]
