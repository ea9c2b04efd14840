"""Rows: the Hessian of a Gaussian process's likelihood, and derivative tensors of a cluster of atoms."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import dezero
import dezero.functions as F
from benchmarks import peers
from benchmarks.derivatives import fastest, see_array
from benchmarks.rows import Case, Profile, Row, Section

# -- the negative log marginal likelihood of a Gaussian process ------------------------------------------------
# C. E. Rasmussen, C. K. I. Williams, Gaussian Processes for Machine Learning (MIT Press 2006), equations 5.1 and 5.8.

FEATURES = 5


@functools.cache
def _observations(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Squared distances of n points in each feature, shape (features, n * n), and what was observed at each."""
    random = np.random.default_rng(0)
    x = random.normal(size=(n, FEATURES))
    y = np.sin(x.sum(1)) + 0.1 * random.normal(size=n)
    return np.moveaxis((x[:, None] - x) ** 2, 2, 0).reshape(FEATURES, -1), y


PARAMETERS = np.array([0.3] * FEATURES + [0.1, -1.0])  # logarithms of length scales, of signal and of noise


def _gaussian_dezero(n: int) -> Callable[[], object]:
    squares, y = _observations(n)

    def likelihood(t: Any) -> Any:
        kernel = F.exp(-0.5 * F.reshape(F.exp(-2 * t[:FEATURES]) @ squares, (n, n)))
        k = F.exp(2 * t[FEATURES]) * kernel + F.exp(2 * t[FEATURES + 1]) * np.eye(n)
        factor = F.cholesky(k)
        a = F.solve_triangular(factor, y[:, None], lower=True)
        return 0.5 * F.sum(a * a) + F.sum(F.log(F.diagonal(factor)))

    hessian = dezero.hessian(likelihood)
    return lambda: hessian(PARAMETERS).data


def _gaussian_torch(n: int) -> Callable[[], object]:
    torch = peers.torch()
    squares, y = map(torch.tensor, _observations(n))
    eye, parameters = torch.eye(n, dtype=torch.float64), torch.tensor(PARAMETERS)

    def likelihood(t: Any) -> Any:
        kernel = torch.exp(-0.5 * (torch.exp(-2 * t[:FEATURES]) @ squares).reshape(n, n))
        k = torch.exp(2 * t[FEATURES]) * kernel + torch.exp(2 * t[FEATURES + 1]) * eye
        factor = torch.linalg.cholesky(k)
        a = torch.linalg.solve_triangular(factor, y[:, None], upper=False)
        return 0.5 * (a * a).sum() + torch.log(torch.diagonal(factor)).sum()

    return lambda: torch.autograd.functional.hessian(likelihood, parameters)


@functools.cache
def gaussian_reference(n: int) -> np.ndarray:
    """Return the Hessian from the derivatives of the covariance K, shape (1, 49).

    With K_i and K_ij those derivatives and a = K^-1 y: a K_i K^-1 K_j a - a K_ij a / 2 + tr(K^-1 K_ij) / 2 -
    tr(K^-1 K_i K^-1 K_j) / 2.
    """
    squares, y = _observations(n)
    weighed = np.exp(-2 * PARAMETERS[:FEATURES, None, None]) * squares.reshape(FEATURES, n, n)
    signal = np.exp(2 * PARAMETERS[FEATURES] - 0.5 * weighed.sum(0))
    noise = np.exp(2 * PARAMETERS[FEATURES + 1]) * np.eye(n)
    inverse = np.linalg.inv(signal + noise)
    a = inverse @ y
    factors = [*weighed, np.full((n, n), 2.0)]  # the signal's derivatives in its parameters are products with these
    first = [factor * signal for factor in factors] + [2 * noise]
    solved = [inverse @ k for k in first]
    hessian = np.empty((FEATURES + 2, FEATURES + 2))
    for i in range(FEATURES + 2):
        for j in range(FEATURES + 2):
            both = np.zeros((n, n)) if max(i, j) > FEATURES else factors[i] * first[j]
            if i == j:
                both = both - 2 * first[i] if i < FEATURES else 2 * first[i]
            traces = np.sum(inverse * both) - np.sum(solved[i] * solved[j].T)
            hessian[i, j] = a @ first[i] @ solved[j] @ a + (traces - a @ both @ a) / 2
    return hessian.reshape(1, -1)


# -- Lennard-Jones atoms ---------------------------------------------------------------------------------------


@functools.cache
def _atoms(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates of all atoms as one vector, and the atoms of each pair."""
    x = np.random.default_rng(0).normal(size=(count, 3)) * 1.5
    return x.reshape(-1), *np.triu_indices(count, 1)


def _energy(count: int, x: Any) -> Any:
    """Return the energy of Lennard and Jones, written once for every library."""
    _, i, j = _atoms(count)
    r = x.reshape((count, 3))
    d = r[i] - r[j]
    s = (d * d).sum(1) ** -3
    return 4 * (s * s - s).sum()


def _tensor_dezero(count: int, order: int) -> Callable[[], object]:
    x, f = _atoms(count)[0], functools.partial(_energy, count)
    if order == 2:
        hessian = dezero.hessian(f)
        return lambda: hessian(x).data
    tensor = dezero.derivative_tensor(f, order)
    return lambda: tensor(x).dense().data


def _tensor_torch(count: int, order: int) -> Callable[[], object]:
    torch = peers.torch()
    x, f = torch.tensor(_atoms(count)[0]), functools.partial(_energy, count)
    if order == 3:
        tensor = torch.func.jacfwd(torch.func.hessian(f))
        return lambda: tensor(x)
    return fastest([lambda: torch.autograd.functional.hessian(f, x), lambda: torch.func.hessian(f)(x)])


def _tensor_jax(count: int, order: int) -> Callable[[], object]:
    jax = peers.jax()
    tensor = jax.hessian(functools.partial(_energy, count))
    tensor = jax.jit(tensor if order == 2 else jax.jacfwd(tensor))
    x = jax.numpy.asarray(_atoms(count)[0])
    return lambda: tensor(x).block_until_ready()


@functools.cache
def atoms_reference(count: int, order: int) -> np.ndarray:
    """Return the tensor by the derivatives of each pair's energy in q, its squared distance, as one row."""
    x, i, j = _atoms(count)
    d = x.reshape(-1, 3)[i] - x.reshape(-1, 3)[j]
    q = (d * d).sum(1)
    # of 4 (q^-6 - q^-3), in q
    second, third = 4 * (42 * q**-8 - 12 * q**-5), 4 * (-336 * q**-9 + 60 * q**-6)
    eye = np.eye(3)
    if order == 2:
        first = 4 * (-6 * q**-7 + 3 * q**-4)
        tensors = 4 * np.einsum("p,pa,pb->pab", second, d, d) + 2 * first[:, None, None] * eye
    else:
        mixed = np.einsum("p,pa,bc->pabc", second, d, eye)
        tensors = 8 * np.einsum("p,pa,pb,pc->pabc", third, d, d, d)
        tensors += 4 * (mixed + np.moveaxis(mixed, 1, 2) + np.moveaxis(mixed, 1, 3))
    found = np.zeros((count, 3) * order)
    place: list[Any] = [slice(None)] * (2 * order)
    for tensor, *pair in zip(tensors, i, j, strict=True):
        for chosen in np.ndindex((2,) * order):  # d grows with the first atom's coordinates and falls with the second's
            place[::2] = [pair[which] for which in chosen]
            found[tuple(place)] += (-1) ** sum(chosen) * tensor
    return found.reshape(1, -1)


def section(profile: Profile) -> Section:
    """Return the rows of both functions."""
    n, count = (500, 13) if profile.large else (6, 3)
    gaussian = {
        "DeZero": Case(lambda: _gaussian_dezero(n), see_array),
        "PyTorch": Case(lambda: _gaussian_torch(n), see_array),
    }
    rows = [
        Row("hessian/gaussian", f"Gaussian process, {n} points", gaussian, lambda: gaussian_reference(n), rounds=3),
    ]
    for order, name in ((2, "Hessian"), (3, "tensor of order 3")):
        cases = {
            "DeZero": Case(functools.partial(_tensor_dezero, count, order), see_array),
            "PyTorch": Case(functools.partial(_tensor_torch, count, order), see_array),
            "JAX": Case(functools.partial(_tensor_jax, count, order), see_array),
        }
        reference = functools.partial(atoms_reference, count, order)
        rows.append(Row(f"hessian/atoms/{order}", f"{count} atoms, {name}", cases, reference, rounds=3))
    return Section(
        "Hessians and tensors of higher order",
        f"The Hessian of a Gaussian process's negative log likelihood in {FEATURES} length scales, signal and "
        "noise (by Cholesky's factor), and the derivative tensors of the energy of Lennard-Jones atoms in all their "
        "coordinates: DeZero by `hessian` and `derivative_tensor(f, 3)`; PyTorch by "
        "`torch.autograd.functional.hessian`, for the atoms by that or `torch.func.hessian`, whichever is faster, and "
        "by `jacfwd` of the latter; JAX by `hessian` and `jacfwd` of it, compiled.",
        tuple(rows),
    )
