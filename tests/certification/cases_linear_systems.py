"""Cases of dezero.functions.linalg.linear_systems."""

import numpy as np
from scipy.linalg import solve_triangular

import dezero.functions as F
from dezero.testing import Case, Normal

CONJUGATES = {"complex": "the reference conjugates"}


def Regular(*shape):
    """Square matrices with singular values far from zero."""
    return lambda rng: Normal(*shape)(rng) + 3 * np.eye(shape[-1])


def stacked(solve):
    """A reference for single matrices, on stacks of them."""

    def call(a, b, **parameters):
        shape = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        a, b = (np.broadcast_to(x, shape + x.shape[-2:]) for x in (a, b))
        return np.stack([solve(x, y, **parameters) for x, y in zip(a, b, strict=True)])

    return call


CASES = [
    Case(F.inv, Regular(3, 3), like=np.linalg.inv),
    Case(F.inv, Regular(2, 2, 2), like=np.linalg.inv, label="stack"),
    *[
        Case(F.matrix_power, Regular(2, 2), like=np.linalg.matrix_power, n=n, label=f"n = {n}")
        for n in (-3, -1, 1, 2, 5)
    ],
    Case(F.solve, Regular(3, 3), Normal(3), like=np.linalg.solve, label="vector"),
    Case(F.solve, Regular(3, 3), Normal(3, 2), like=np.linalg.solve),
    Case(F.solve, Regular(2, 2, 2), Normal(2, 2), like=np.linalg.solve, label="stack of matrices"),
    Case(F.solve, Regular(2, 2), Normal(2, 2, 2), like=np.linalg.solve, label="stack of columns"),
    Case(F.solve_triangular, Regular(3, 3), Normal(3, 2), like=solve_triangular),
    Case(F.solve_triangular, Regular(3, 3), Normal(3), like=solve_triangular, lower=True, label="lower, vector"),
    Case(
        F.solve_triangular,
        *(Regular(3, 3), Normal(3, 2)),
        like=solve_triangular,
        trans=1,
        unit_diagonal=True,
        label="transposed, unit diagonal",
    ),
    Case(F.solve_triangular, Regular(2, 2, 2), Normal(2, 2), like=stacked(solve_triangular), lower=True, label="stack"),
    Case(F.pinv, Normal(4, 2), like=np.linalg.pinv, without=CONJUGATES, label="tall"),
    Case(F.pinv, Normal(2, 2, 3), like=np.linalg.pinv, without=CONJUGATES, label="wide, stack"),
    Case(
        F.pinv,
        *(Normal(3, 1), Normal(1, 4)),
        call=lambda a, b: F.pinv(a @ b, 1e-5),
        like=lambda a, b: np.linalg.pinv(a @ b, 1e-5),
        without=CONJUGATES,
        label="rank one",
    ),
    Case(
        F.lstsq,
        *(Normal(4, 2), Normal(4)),
        call=lambda a, b: F.lstsq(a, b)[:2],
        like=lambda a, b: np.linalg.lstsq(a, b)[:2],
        without=CONJUGATES,
        label="vector, residual",
    ),
    Case(
        F.lstsq,
        *(Normal(2, 3), Normal(2, 2)),
        call=lambda a, b: F.lstsq(a, b).x,
        like=lambda a, b: np.linalg.lstsq(a, b)[0],
        without=CONJUGATES,
        label="wide",
    ),
]
