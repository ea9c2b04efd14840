"""Cases of dezero.functions.arrays.rearrange."""

import dezero.functions.arrays.rearrange as R
from dezero.testing import Case, Normal

CASES = [
    Case(R.ravel, Normal(2, 3)),
    Case(R.moveaxis, Normal(2, 3, 4), source=0, destination=-1),
    Case(R.moveaxis, Normal(2, 3, 4), source=(0, 2), destination=(1, 0), label="several"),
    Case(R.swapaxes, Normal(2, 3, 4), axis1=0, axis2=2),
    Case(R.rollaxis, Normal(2, 3, 4), axis=2),
    Case(R.rollaxis, Normal(2, 3, 4), axis=0, start=3, label="to the end"),
    Case(R.squeeze, Normal(1, 3, 1)),
    Case(R.squeeze, Normal(1, 3, 1), axis=0, label="axis"),
    Case(R.atleast_1d, Normal()),
    Case(R.atleast_2d, Normal(3)),
    Case(R.atleast_2d, Normal(2), Normal(2, 3), label="several"),
    Case(R.atleast_3d, Normal(3)),
    Case(R.atleast_3d, Normal(2, 3), label="matrix"),
    Case(R.flip, Normal(2, 3)),
    Case(R.flip, Normal(2, 3), axis=1, label="axis"),
    Case(R.flip, Normal(2, 3, 4), axis=(0, -1), label="axes"),
    Case(R.fliplr, Normal(2, 3)),
    Case(R.flipud, Normal(2, 3)),
    Case(R.roll, Normal(2, 3), shift=2),
    Case(R.roll, Normal(2, 3), shift=1, axis=0, label="axis"),
    Case(R.roll, Normal(2, 3, 4), shift=(1, -2), axis=(0, 2), label="axes"),
    Case(R.roll, Normal(2, 3), shift=(1, 2), axis=1, label="one axis twice"),
    *[Case(R.rot90, Normal(2, 3), k=k, label=f"{k} quarters") for k in (0, 1, 2, 3)],
    Case(R.rot90, Normal(2, 3, 4), axes=(2, 0), label="axes"),
]
