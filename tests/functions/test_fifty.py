"""Fifty everyday functions of one number: derivatives 3 and 6 beside mpmath's at 50 digits.

Arrays are made of the number inside. Functions in pieces (relu, sort, interp) are of something smooth, so that no
derivative is zero by nature.
"""

from functools import cache

import numpy as np
import pytest
from mpmath import mp

import dezero.functions as F
from dezero import Variable, gradients

# -- what both sides are made of: m is dezero.functions or mpmath ------------------------------------------------------


def three(m, t):
    return [m.sin(t), t * t, m.exp(-t)]


def four(m, t):
    return [*three(m, t), m.cos(2 * t)]


def matrix(m, t):
    """Neither symmetric nor near a singular one."""
    return [[3 + t, m.sin(t), t * t], [m.cos(t), 2 + m.exp(t), t], [t * t * t, m.sin(2 * t), 4 - t]]


def positive(m, t):
    """Symmetric, positive definite, its eigenvalues apart."""
    a, b, c = m.sin(t), t * t, m.cos(t) / 2
    return [[2 + t, a, b], [a, 5 + m.exp(t), c], [b, c, 9 - t]]


# -- Variables ---------------------------------------------------------------------------------------------------------


def vector(parts, t):
    return F.stack(parts(F, t))


def square(parts, t):
    return F.stack([F.stack(row) for row in parts(F, t)])


def weighted(x):
    """A sum in which every element has a part of its own."""
    return F.sum(x * np.arange(1.0, x.size + 1).reshape(x.shape))


def image(t):
    """Twelve numbers as a picture of 3 by 4."""
    return F.reshape(F.stack([F.sin(t * k) for k in range(1, 13)]), (1, 1, 3, 4))


def loop(m, t):
    """A plain loop: a logistic map, and Horner's scheme along it."""
    x, total = t, 0
    for k in range(4):
        x = 3 * x * (1 - x)
        total = total * t + x / (k + 1)
    return total


def branch(m, t):
    """A plain branch on a value."""
    y = m.sin(t)
    if y > 0.5:
        y = m.exp(y) * t
    return y * y


def eigenvalues_and_a_vector(t):
    w, v = F.eigh(square(positive, t))
    return weighted(w) + v[0, 0] ** 2 * v[1, 2] ** 2


def spectrum(t):
    y = F.fft(vector(four, t))
    return weighted(F.real(y) ** 2 + F.imag(y) ** 2)


def normalised(t):
    x = vector(four, t)
    return weighted((x - F.mean(x)) / F.sqrt(F.var(x) + 0.1))


def gathered(t):
    x = F.stack([vector(three, t), vector(three, 2 * t)])
    return weighted(F.take_along_axis(x, F.expand_dims(F.argmax(x, axis=1), 1), axis=1))


# -- mpmath ------------------------------------------------------------------------------------------------------------


def mp_weighted(xs):
    return sum(k * x for k, x in enumerate(xs, 1))


def mp_image(t):
    return [[mp.sin(t * (4 * i + j + 1)) for j in range(4)] for i in range(3)]


def mp_eigh(t):
    w, v = mp.eigsy(mp.matrix(positive(mp, t)))
    return mp_weighted(w) + v[0, 0] ** 2 * v[1, 2] ** 2


def mp_spectrum(t):
    xs = four(mp, t)
    ys = [sum(x * mp.expjpi(-2 * mp.mpf(j * k) / 4) for j, x in enumerate(xs)) for k in range(4)]
    return mp_weighted([y.real**2 + y.imag**2 for y in ys])


def mp_normalised(t):
    xs = four(mp, t)
    mean = sum(xs) / 4
    var = sum((x - mean) ** 2 for x in xs) / 4
    return mp_weighted([(x - mean) / mp.sqrt(var + 0.1) for x in xs])


def mp_interp(x, xs, ys):
    k = next(k for k in range(len(xs) - 1) if xs[k] <= x <= xs[k + 1])
    return ys[k] + (ys[k + 1] - ys[k]) * (x - xs[k]) / (xs[k + 1] - xs[k])


def mp_softmax(xs):
    total = sum(mp.exp(x) for x in xs)
    return [mp.exp(x) / total for x in xs]


def running_products(xs):
    found = [xs[0]]
    for x in xs[1:]:
        found.append(found[-1] * x)
    return found


KERNEL = [[1.0, -0.5], [0.25, 2.0]]
PLACES = [0.0, 0.4, 1.0]


def mp_conv(t):
    x = mp_image(t)
    return mp_weighted(
        [sum(KERNEL[a][b] * x[i + a][j + b] ** 2 for a in (0, 1) for b in (0, 1)) for i in (0, 1) for j in (0, 1, 2)]
    )


def mp_pool(t):
    x = mp_image(t)
    return mp_weighted([max(x[i + a][j + b] for a in (0, 1) for b in (0, 1)) for i in (0, 1) for j in (0, 1, 2)])


def mp_gelu(t):
    return t * mp.ncdf(t)


# -- the table ---------------------------------------------------------------------------------------------------------

# name: its form in dezero, in mpmath, and the point
FIFTY = {
    "tan": (F.tan, mp.tan, 0.6),
    "arctan": (F.arctan, mp.atan, 0.7),
    "arcsin": (F.arcsin, mp.asin, 0.4),
    "arccos": (F.arccos, mp.acos, -0.3),
    "exp2": (F.exp2, lambda t: mp.mpf(2) ** t, 0.8),
    "cbrt": (F.cbrt, mp.cbrt, 1.7),
    "sinc": (F.sinc, mp.sincpi, 0.3),
    "hypot": (lambda t: F.hypot(t, 1 + F.sin(t)), lambda t: mp.hypot(t, 1 + mp.sin(t)), 0.5),
    "arctan2": (lambda t: F.arctan2(F.sin(t), t - 1), lambda t: mp.atan2(mp.sin(t), t - 1), 0.6),
    "power": (lambda t: F.power(t, 1 + t), lambda t: t ** (1 + t), 1.3),
    "abs": (lambda t: F.abs(F.sin(2 * t)), lambda t: abs(mp.sin(2 * t)), -0.4),
    "logaddexp": (lambda t: F.logaddexp(t, t * t), lambda t: mp.log(mp.exp(t) + mp.exp(t * t)), 0.4),
    "expit": (F.expit, lambda t: 1 / (1 + mp.exp(-t)), 0.9),
    "erf": (F.erf, mp.erf, 0.5),
    "gammaln": (F.gammaln, mp.loggamma, 2.3),
    "digamma": (F.digamma, mp.digamma, 1.6),
    "Bessel j0": (F.j0, lambda t: mp.besselj(0, t), 1.2),
    "softplus": (F.softplus, lambda t: mp.log1p(mp.exp(t)), 0.6),
    "gelu": (F.gelu, mp_gelu, 0.5),
    "silu": (F.silu, lambda t: t / (1 + mp.exp(-t)), 0.7),
    "relu": (lambda t: F.relu(F.sin(2 * t)), lambda t: max(mp.sin(2 * t), 0), 0.5),
    "elu": (lambda t: F.elu(F.sin(2 * t)), lambda t: mp.expm1(mp.sin(2 * t)), -0.4),
    "softmax": (
        lambda t: weighted(F.softmax(vector(three, t), axis=0)),
        lambda t: mp_weighted(mp_softmax(three(mp, t))),
        0.5,
    ),
    "log_softmax": (
        lambda t: weighted(F.log_softmax(vector(three, t), axis=0)),
        lambda t: mp_weighted([mp.log(p) for p in mp_softmax(three(mp, t))]),
        0.5,
    ),
    "logsumexp": (
        lambda t: F.logsumexp(vector(three, t)),
        lambda t: mp.log(sum(mp.exp(x) for x in three(mp, t))),
        0.5,
    ),
    "max": (lambda t: F.max(vector(four, t)), lambda t: max(four(mp, t)), 0.3),
    "sort": (lambda t: weighted(F.sort(vector(four, t))), lambda t: mp_weighted(sorted(four(mp, t))), 0.5),
    "gather at argmax": (gathered, lambda t: max(three(mp, t)) + 2 * max(three(mp, 2 * t)), 0.5),
    "where": (
        lambda t: weighted(F.where(np.array([True, False, True]), vector(three, t), vector(three, 2 * t))),
        lambda t: mp_weighted([three(mp, t)[0], three(mp, 2 * t)[1], three(mp, t)[2]]) + 0 * t,
        0.5,
    ),
    "prod": (lambda t: F.prod(vector(four, t)), lambda t: mp.fprod(four(mp, t)), 0.5),
    "cumprod": (
        lambda t: weighted(F.cumprod(vector(four, t))),
        lambda t: mp_weighted(running_products(four(mp, t))),
        0.5,
    ),
    "roll": (
        lambda t: F.sum(vector(four, t) * F.roll(vector(four, t), 1)),
        lambda t: sum(a * b for a, b in zip(four(mp, t), [four(mp, t)[k - 1] for k in range(4)], strict=True)),
        0.5,
    ),
    "index_update": (
        lambda t: F.prod(F.index_update(vector(four, t), 1, F.exp(t) + t)),
        lambda t: mp.fprod([mp.sin(t), mp.exp(t) + t, *four(mp, t)[2:]]),
        0.5,
    ),
    "einsum": (
        lambda t: F.einsum("i,ij,j->", vector(three, t), square(matrix, t), vector(three, t)),
        lambda t: (mp.matrix(three(mp, t)).T * mp.matrix(matrix(mp, t)) * mp.matrix(three(mp, t)))[0],
        0.5,
    ),
    "norm": (lambda t: F.norm(vector(four, t)), lambda t: mp.sqrt(sum(x * x for x in four(mp, t))), 0.5),
    "normalised variance": (normalised, mp_normalised, 0.5),
    "max-pool": (lambda t: weighted(F.pooling(image(t), 2)), mp_pool, 0.3),
    "conv2d": (lambda t: weighted(F.conv2d(image(t) ** 2, np.array([[KERNEL]]))), mp_conv, 0.3),
    "interp": (
        lambda t: F.interp(F.sin(t), np.array(PLACES), vector(three, t)),
        lambda t: mp_interp(mp.sin(t), PLACES, three(mp, t)),
        0.6,
    ),
    "fft": (spectrum, mp_spectrum, 0.5),
    "matrix_power": (
        lambda t: weighted(F.matrix_power(square(matrix, t), 3)),
        lambda t: mp_weighted(mp.matrix(matrix(mp, t)) ** 3),
        0.5,
    ),
    "solve": (
        lambda t: weighted(F.solve(square(matrix, t), vector(three, t))),
        lambda t: mp_weighted(mp.inverse(mp.matrix(matrix(mp, t))) * mp.matrix(three(mp, t))),
        0.5,
    ),
    "inv": (lambda t: weighted(F.inv(square(matrix, t))), lambda t: mp_weighted(mp.matrix(matrix(mp, t)) ** -1), 0.5),
    "cholesky": (
        lambda t: weighted(F.cholesky(square(positive, t))),
        lambda t: mp_weighted(mp.cholesky(mp.matrix(positive(mp, t)))),
        0.5,
    ),
    "det": (lambda t: F.det(square(matrix, t)), lambda t: mp.det(mp.matrix(matrix(mp, t))), 0.5),
    "slogdet": (
        lambda t: F.slogdet(square(matrix, t))[1],
        lambda t: mp.log(mp.det(mp.matrix(matrix(mp, t)))),
        0.5,
    ),
    "eigh": (eigenvalues_and_a_vector, mp_eigh, 0.5),
    "singular values": (
        lambda t: weighted(F.svd(square(matrix, t))[1]),
        lambda t: mp_weighted(mp.svd_r(mp.matrix(matrix(mp, t)), compute_uv=False)),
        0.5,
    ),
    "a loop": (lambda t: loop(F, t), lambda t: loop(mp, t), 0.3),
    "a branch": (lambda t: branch(F, t), lambda t: branch(mp, t), 0.9),
}
TOLERANCE = {3: 1e-13, 6: 1e-12}  # relative; the worst seen, of LAPACK's decompositions, are 3.3e-15 and 3.6e-14


def test_they_are_fifty():
    assert len(FIFTY) == 50


@cache
def exact(name, order):
    _, form, point = FIFTY[name]
    with mp.workdps(50):
        return float(mp.diff(form, mp.mpf(point), order))


def by_gradients(f, point, order):
    t = Variable(np.array(point))
    y = f(t)
    for _ in range(order):
        (y,) = gradients(y, t, create_graph=True)
    return y.item()


def by_backward(f, point, order):
    t = Variable(np.array(point))
    y = f(t)
    for _ in range(order):
        t.cleargrad()
        y.backward(create_graph=True)
        y = t.grad
    return y.item()


@pytest.mark.parametrize("route", [by_gradients, by_backward])
@pytest.mark.parametrize("order", [3, 6])
@pytest.mark.parametrize("name", FIFTY)
def test_derivative(name, order, route):
    expected = exact(name, order)
    assert abs(expected) > 1e-3, "a derivative so near zero tells nothing"
    found = route(FIFTY[name][0], FIFTY[name][2], order)
    assert abs(found - expected) <= TOLERANCE[order] * abs(expected), (found, expected)
