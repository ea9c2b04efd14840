"""Cases of dezero.functions.linalg.matrix_functions."""

import numpy as np
from scipy import linalg

import dezero.functions as F
from dezero.testing import Case, Normal

# SciPy's expm is itself within some 1e-14, and each order is a corner of a larger matrix's.
RTOL = 1e-11
NO_NUMBER = {"0-d": "a number is no matrix here"}
GROWS = (4, "each order's matrices are larger, and more")


def Positive(*shape):
    """Matrices whose eigenvalues are far from the negative axis."""
    return lambda rng: 0.5 * Normal(*shape)(rng) + 3 * np.eye(shape[-1])


CASES = [
    Case(F.expm, Normal(3, 3), like=linalg.expm, rtol=RTOL, limit=GROWS, without=NO_NUMBER),
    Case(F.expm, Normal(2, 2, 2), like=linalg.expm, rtol=RTOL, limit=GROWS, without=NO_NUMBER, label="stack"),
    Case(F.expm, np.zeros((2, 2)), like=linalg.expm, rtol=RTOL, limit=GROWS, without=NO_NUMBER, label="zeros"),
    Case(F.logm, Positive(2, 2), like=linalg.logm, rtol=RTOL, limit=GROWS, without=NO_NUMBER),
    Case(F.logm, np.eye(2), like=linalg.logm, rtol=RTOL, limit=GROWS, without=NO_NUMBER, label="unit matrix"),
    Case(F.sqrtm, Positive(3, 3), like=linalg.sqrtm, rtol=RTOL, limit=GROWS, without=NO_NUMBER),
    Case(F.sqrtm, Positive(2, 2, 2), like=linalg.sqrtm, rtol=RTOL, limit=GROWS, without=NO_NUMBER, label="stack"),
    Case(F.sqrtm, np.eye(2), like=linalg.sqrtm, rtol=RTOL, limit=GROWS, without=NO_NUMBER, label="unit matrix"),
]
