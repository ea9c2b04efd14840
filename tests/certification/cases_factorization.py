"""Cases of dezero.functions.linalg.factorization."""

import numpy as np
from scipy import linalg

import dezero.functions as F
from dezero.testing import Case, Normal

CONJUGATES = {"complex": "LAPACK conjugates, or compares absolute values"}
EMPTY = {"empty": "SciPy's factors of a matrix without elements do not fit each other"}


def positive(a):
    """Symmetric positive definite, from any matrix; dezero's or NumPy's."""
    n = a.ndim
    back = (*range(n - 2), n - 1, n - 2)
    return a @ a.transpose(back) + 2 * np.eye(a.shape[-1], dtype=a.dtype)


CASES = [
    *[
        Case(
            F.cholesky,
            Normal(*shape),
            call=lambda a, **how: F.cholesky(positive(a), **how),
            like=lambda a, **how: np.linalg.cholesky(positive(a), **how),
            without=CONJUGATES,
            label=label,
            covers=("inverse_of_lower",),
            **how,
        )
        for label, shape, how in (("", (3, 3), {}), ("stack", (2, 2, 2), {}), ("upper", (2, 2), {"upper": True}))
    ],
    *[
        Case(F.qr, Normal(*shape), like=np.linalg.qr, without=CONJUGATES, covers=("qr_trust",), label=label, **how)
        for label, shape, how in (
            ("square", (3, 3), {}),
            ("tall", (4, 2), {}),
            ("wide", (2, 4), {}),
            ("stack", (2, 3, 2), {}),
            ("R alone", (3, 2), {"mode": "r"}),
            ("complete, square", (2, 2), {"mode": "complete"}),
        )
    ],
    *[
        Case(
            F.lu,
            Normal(*shape),
            like=linalg.lu,
            without=CONJUGATES | (EMPTY if shape[-2] != shape[-1] else {}),
            label=label,
            **how,
        )
        for label, shape, how in (
            ("square", (3, 3), {}),
            ("tall", (4, 2), {}),
            ("wide", (2, 4), {}),
            ("stack", (2, 2, 2), {}),
            ("permuted l", (3, 2), {"permute_l": True}),
        )
    ],
]
