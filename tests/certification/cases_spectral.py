"""Cases of dezero.functions.linalg.spectral."""

import numpy as np

import dezero.functions as F
from dezero.functions.elementwise.complex_numbers import modulus, real
from dezero.testing import Case, Normal

CONJUGATES = {"complex": "the values are sorted, and LAPACK conjugates"}


def apart(a):
    """Symmetric with eigenvalues apart (see the limits in spectral.py), from any matrix; dezero's or NumPy's."""
    n = a.ndim
    back = (*range(n - 2), n - 1, n - 2)
    return (a + a.transpose(back)) * 0.125 + np.diag(np.arange(a.shape[-1], dtype=a.dtype))


def squared(vectors):
    """Without their arbitrary signs."""
    return vectors * vectors


REAL = np.diag([1.0, 2.5, 4.0]) + 0.2 * np.array([[0.3, 1, -1], [0.5, -0.2, 1], [1, 0.4, 0.1]])
TURNING = np.array([[0.3, -1.0, 0.2], [1.2, 0.4, -0.3], [0.1, 0.5, 2.0]])

CASES = [
    *[
        Case(
            F.eigh,
            Normal(*shape),
            call=lambda a, **how: (F.eigh(apart(a), **how)[0], squared(F.eigh(apart(a), **how)[1])),
            like=lambda a, **how: (np.linalg.eigh(apart(a), **how)[0], squared(np.linalg.eigh(apart(a), **how)[1])),
            without=CONJUGATES,
            covers=("over_gaps",),
            rtol=1e-8,  # differences of NumPy's eigenvectors have eight digits; mpmath's agree with ours to 1e-15
            label=label,
            **how,
        )
        for label, shape, how in (("", (3, 3), {}), ("stack, upper", (2, 2, 2), {"UPLO": "U"}))
    ],
    Case(
        F.eigvalsh,
        Normal(3, 3),
        call=lambda a: F.eigvalsh(apart(a)),
        like=lambda a: np.linalg.eigvalsh(apart(a)),
        without=CONJUGATES,
    ),
    Case(F.eig, REAL, like=np.linalg.eig, without=CONJUGATES),
    Case(F.eigvals, REAL, like=np.linalg.eigvals, without=CONJUGATES),
    Case(
        F.eigvals,
        TURNING,
        call=lambda a: real(F.eigvals(a) * (1 + 2j)),
        like=lambda a: (np.linalg.eigvals(a) * (1 + 2j)).real,
        without=CONJUGATES,
        label="complex",
    ),
    Case(
        F.eig,
        TURNING,
        call=lambda a: modulus(F.eig(a).eigenvectors),
        like=lambda a: np.abs(np.linalg.eig(a)[1]),
        without=CONJUGATES,
        label="complex",
    ),
    *[
        Case(F.svd, Normal(*shape), like=np.linalg.svd, without=CONJUGATES, label=label, **how)
        for label, shape, how in (
            ("square", (2, 2), {}),
            ("tall", (3, 2), {"full_matrices": False}),
            ("wide", (2, 3), {"full_matrices": False}),
            ("values alone", (2, 3, 2), {"compute_uv": False}),
        )
    ],
]
