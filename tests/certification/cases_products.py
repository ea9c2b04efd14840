"""Cases of dezero.functions.linalg.products."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Normal

CONJUGATES = {"complex": "numpy.vdot conjugates its first argument"}

CASES = [
    Case(F.inner, Normal(2, 3), Normal(4, 3)),
    Case(F.inner, Normal(3), Normal(3), label="vectors"),
    Case(F.inner, Normal(), Normal(2, 3), label="number"),
    Case(F.outer, Normal(2, 2), Normal(3)),
    Case(F.vdot, Normal(2, 3), Normal(3, 2), without=CONJUGATES),
    Case(F.tensordot, Normal(2, 3, 2), Normal(3, 2, 2)),
    Case(F.tensordot, Normal(2, 3), Normal(3, 2), axes=1, label="one axis"),
    Case(F.tensordot, Normal(2), Normal(3), axes=0, label="no axis"),
    Case(F.tensordot, Normal(2, 3, 2), Normal(2, 2, 3), axes=((0, 1), (1, 2)), label="pairs of axes"),
    Case(F.tensordot, Normal(2, 3), Normal(3, 3), axes=(-1, 0), label="a pair"),
    Case(F.kron, Normal(2, 2), Normal(2, 3)),
    Case(F.kron, Normal(2), Normal(2, 1, 3), label="different numbers of axes"),
    Case(F.kron, Normal(), Normal(2, 3), label="number"),
    Case(F.trace, Normal(3, 3)),
    Case(F.trace, Normal(2, 3, 4), offset=1, axis1=2, axis2=0, label="offset, axes"),
    Case(F.trace, Normal(3, 4), offset=-1, label="below"),
    Case(F.cross, Normal(2, 3), Normal(2, 3)),
    Case(F.cross, Normal(3, 2), Normal(3), axisa=0, axisc=0, label="axes, broadcasting"),
    Case(F.cross, Normal(2, 3, 1), Normal(1, 3, 2), axis=1, label="axis"),
    Case(
        F.multi_dot,
        Normal(2, 3),
        Normal(3, 1),
        Normal(1, 4),
        call=lambda *xs: F.multi_dot(xs),
        like=lambda *xs: np.linalg.multi_dot(xs),
    ),
    Case(
        F.multi_dot,
        *(Normal(3), Normal(3, 2), Normal(2, 3), Normal(3)),
        call=lambda *xs: F.multi_dot(xs),
        like=lambda *xs: np.linalg.multi_dot(xs),
        label="vectors at the ends",
    ),
]
