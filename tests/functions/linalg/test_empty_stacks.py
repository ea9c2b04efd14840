"""Operations on stacks of no matrices: shapes and dtypes are those of a stack that holds some."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients

ANY = (np.float32, np.float64, np.complex64, np.complex128)
REAL = ANY[:2]


def turned(a):
    return F.transpose(F.conj(a), (0, 2, 1))


def positive(a):
    return a @ turned(a) + 5 * np.eye(2, dtype=a.dtype)


OPERATIONS = {
    "inv": (F.inv, ANY),
    "det": (F.det, ANY),
    "solve": (lambda a: F.solve(a, a), ANY),
    "solve_triangular": (lambda a: F.solve_triangular(a, a), ANY),
    "solve_triangular, lower": (lambda a: F.solve_triangular(a, a, lower=True, unit_diagonal=True), ANY),
    "matrix_power": (lambda a: F.matrix_power(a, 3), ANY),
    "matrix_power, of the inverse": (lambda a: F.matrix_power(a, -2), ANY),
    "matmul": (lambda a: F.matmul(a, a), ANY),
    "trace": (lambda a: F.trace(a, 0, 1, 2), ANY),
    "kron": (lambda a: F.kron(a, a), ANY),
    "einsum": (lambda a: F.einsum("nij,njk->nik", a, a), ANY),
    "expm": (F.expm, ANY),
    "logm": (lambda a: F.logm(positive(a)), ANY),
    "sqrtm": (lambda a: F.sqrtm(positive(a)), ANY),
    "eig": (lambda a: F.eig(positive(a)), REAL),
    "eigvals": (lambda a: F.eigvals(positive(a)), REAL),
    "norm": (lambda a: F.norm(a, axis=(1, 2)), ANY),
    **{f"norm, {p}": (lambda a, p=p: F.norm(a, p, axis=(1, 2)), ANY) for p in (1, -1, np.inf, -np.inf)},
    **{f"norm, {p}": (lambda a, p=p: F.norm(a, p, axis=(1, 2)), REAL) for p in ("nuc", 2, -2)},
    "pinv": (F.pinv, REAL),
    "slogdet": (F.slogdet, REAL),
    "lstsq": (lambda a: F.lstsq(a, a), REAL),
    "cholesky": (lambda a: F.cholesky(positive(a)), REAL),
    "qr": (F.qr, REAL),
    "lu": (F.lu, REAL),
    "eigh": (lambda a: F.eigh(a + turned(a)), REAL),
    "eigvalsh": (lambda a: F.eigvalsh(a + turned(a)), REAL),
    "svd": (lambda a: F.svd(a, full_matrices=False), REAL),
    "svd, values": (lambda a: F.svd(a, compute_uv=False), REAL),
}


def seen(function, x):
    """The dtype of each result and its shape in the stack, then those of two gradients."""
    a = Variable(x)
    y = function(a)
    ys = y if isinstance(y, tuple) else (y,)
    found = [(y.dtype, y.shape[1:]) for y in ys]
    total = sum([F.sum(F.real(y * F.conj(y))) for y in ys if isinstance(y, Variable)])
    for _ in range(2):
        (g,) = gradients(total, [a], create_graph=True)
        found.append((g.dtype, g.shape[1:]))
        total = F.sum(F.real(g * F.conj(g)))
    return found


def stack(dtype):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 2, 2)) + 3 * np.eye(2)
    return (x + 1j * rng.normal(size=x.shape) if np.dtype(dtype).kind == "c" else x).astype(dtype)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [(name, dtype) for name, (_, dtypes) in OPERATIONS.items() for dtype in dtypes],
    ids=lambda value: value if isinstance(value, str) else np.dtype(value).name,
)
def test_an_empty_stack_has_the_dtypes_of_a_full_one(name, dtype):
    function, full = OPERATIONS[name][0], stack(dtype)
    assert seen(function, full[:0]) == seen(function, full)


@pytest.mark.parametrize("dtype", ANY)
@pytest.mark.parametrize("name", ["expm", "logm", "sqrtm"])
def test_functions_of_no_matrices_are_of_their_dtype(name, dtype):
    y = getattr(F, name)(np.zeros((0, 2, 2), dtype))
    assert (y.dtype, y.shape) == (dtype, (0, 2, 2))


def test_triangular_systems_take_the_wider_dtype_of_their_arguments():
    a = np.zeros((0, 2, 2), np.float32)
    assert F.solve_triangular(a, a.astype(np.complex64)).dtype == np.complex64
    assert F.solve_triangular(a, a.astype(np.float64)).dtype == np.float64
