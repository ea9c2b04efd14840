"""Rows: derivatives of solutions of equations, beside JAX under `jit` with the implicit function theorem by hand."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import dezero.functions as F
from benchmarks import peers
from benchmarks.derivatives import joined, see_array, see_arrays, see_variables
from benchmarks.rows import Case, Profile, Row, Section
from dezero import Variable, argmin, custom_root, fixed_point, gradients, hessian

RATES, START = np.array([0.04, 3e7, 1e4]), np.array([1.0, 0.0, 0.0])  # of Robertson's reaction
TOLERANCE = 1e-13


def _compiled(run: Callable[[], object]) -> Callable[[], object]:
    run()
    return run


class Layer(NamedTuple):
    """The data of z = tanh(z w + x): weights, whose norm is 1/2, and one row of input for each row of z."""

    w: np.ndarray
    x: np.ndarray


def layer(rows: int, columns: int) -> Layer:
    """Return the data of a layer whose state has this shape."""
    rng = np.random.default_rng(0)
    w = rng.normal(size=(columns, columns))
    return Layer(0.5 * w / np.linalg.norm(w, 2), rng.normal(size=(rows, columns)))


def _layer_reference(data: Layer) -> np.ndarray:
    z = np.zeros_like(data.x)
    for _ in range(80):
        z = np.tanh(z @ data.w + data.x)
    slope = 1 - z * z
    v = np.zeros_like(z)
    for _ in range(80):
        v = 2 * z + (v * slope) @ data.w.T
    return joined([z.T @ (v * slope), v * slope])


def _layer_dezero(data: Layer) -> Callable[[], object]:
    def run() -> object:
        w, x = Variable(data.w), Variable(data.x)
        z = fixed_point(lambda z, w, x: F.tanh(z @ w + x), np.zeros_like(data.x), w, x, tol=TOLERANCE)
        return gradients(F.sum(z**2), (w, x))

    return run


def _layer_jax(data: Layer) -> Callable[[], object]:
    jax = peers.jax()
    jnp = jax.numpy

    def iterated(f: Callable, start: Any) -> Any:
        def more(state: Any) -> Any:
            return jnp.max(jnp.abs(state[0] - state[1])) > TOLERANCE

        return jax.lax.while_loop(more, lambda state: (f(state[0]), state[0]), (f(start), start))[0]

    def step(z: Any, w: Any, x: Any) -> Any:
        return jnp.tanh(z @ w + x)

    @jax.custom_vjp
    def solution(w: Any, x: Any) -> Any:
        return iterated(lambda z: step(z, w, x), jnp.zeros_like(x))

    def forward(w: Any, x: Any) -> Any:
        z = solution(w, x)
        return z, (z, w, x)

    def backward(kept: Any, g: Any) -> Any:
        _, vjp = jax.vjp(step, *kept)
        return vjp(iterated(lambda v: g + vjp(v)[0], g))[1:]

    solution.defvjp(forward, backward)
    gradient = jax.jit(jax.grad(lambda w, x: jnp.sum(solution(w, x) ** 2), (0, 1)))
    return _compiled(lambda: jax.block_until_ready(gradient(*data)))


class Data(NamedTuple):
    """Samples and their classes, -1 or 1, to fit on (a, s) and to validate on (b, t)."""

    a: np.ndarray
    s: np.ndarray
    b: np.ndarray
    t: np.ndarray


def samples(size: int) -> Data:
    """Return ten samples for each of so many weights."""
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 10 * size, size))
    w = rng.normal(size=size)
    noise = rng.normal(size=(2, 10 * size))
    return Data(a, np.sign(a @ w + noise[0]), b, np.sign(b @ w + noise[1]))


def _logistic(a: np.ndarray, s: np.ndarray, w: np.ndarray) -> list[np.ndarray]:
    """Return sigmoid and the slopes of sum log(1 + exp(-s a w)) in a w, of orders 1 to 3."""
    p = 1 / (1 + np.exp(s * (a @ w)))
    return [-s * p, p * (1 - p), -s * p * (1 - p) * (1 - 2 * p)]


def _penalties_reference(data: Data) -> np.ndarray:
    """The Hessian in the logarithms of the penalties, at 0: both derivatives of the weights by their equation."""
    a, s, b, t = data
    n = a.shape[1]
    w = np.zeros(n)
    for _ in range(30):
        first, second, third = _logistic(a, s, w)
        system = a.T @ (second[:, None] * a) + np.eye(n)
        w = w - np.linalg.solve(system, a.T @ first + w)
    dw = -np.linalg.solve(system, np.diag(w))  # column j: in penalty j
    right = np.einsum("mk,m,mi,mj->kij", a, third, a @ dw, a @ dw)
    for j in range(n):
        right[j, :, j] += dw[j]
        right[j, j, :] += dw[j]
        right[j, j, j] += w[j]
    ddw = -np.linalg.solve(system, right.reshape(n, -1)).reshape(n, n, n)
    first, second, _ = _logistic(b, t, w)
    return joined([(b @ dw).T @ (second[:, None] * (b @ dw)) + np.einsum("k,kij->ij", b.T @ first, ddw)])


def _penalties_dezero(data: Data) -> Callable[[], object]:
    a, s, b, t = data
    start = np.zeros(a.shape[1])

    def training(w: Variable, penalties: Variable) -> Variable:
        return F.sum(F.softplus(-s * (a @ w))) + F.sum(F.exp(penalties) * w * w) / 2

    def validation(penalties: Variable) -> Variable:
        return F.sum(F.softplus(-t * (b @ argmin(training, start, penalties))))

    return lambda: hessian(validation)(start)


def _penalties_jax(data: Data) -> Callable[[], object]:
    jax = peers.jax()
    jnp = jax.numpy
    a, s, b, t = data
    start = jnp.zeros(a.shape[1])

    def training(w: Any, penalties: Any) -> Any:
        return jnp.sum(jax.nn.softplus(-s * (a @ w))) + jnp.sum(jnp.exp(penalties) * w * w) / 2

    slope, curvature = jax.grad(training), jax.hessian(training)

    @jax.custom_jvp
    def weights(penalties: Any) -> Any:
        def step(state: Any) -> Any:
            w, _ = state
            change = jnp.linalg.solve(curvature(w, penalties), slope(w, penalties))
            return w - change, jnp.max(jnp.abs(change))

        return jax.lax.while_loop(lambda state: state[1] > 1e-10, step, (start, 1.0))[0]

    @weights.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        w = weights(*primals)
        _, change = jax.jvp(lambda p: slope(w, p), primals, tangents)
        return w, -jnp.linalg.solve(curvature(w, *primals), change)

    matrix = jax.jit(jax.hessian(lambda p: jnp.sum(jax.nn.softplus(-t * (b @ weights(p))))))
    return _compiled(lambda: matrix(start).block_until_ready())


def _steps(count: int) -> np.ndarray:
    return np.geomspace(1e-4, 1e3, count)


def _reaction(stack: Callable, z: Any, y: Any, k: Any, h: Any) -> Any:
    """A step of the implicit Euler method for Robertson's reaction, whose third equation keeps the sum of all."""
    decay, pairs, back = k[0] * z[0], k[1] * z[1] * z[1], k[2] * z[1] * z[2]
    return stack([z[0] - y[0] - h * (back - decay), z[1] - y[1] - h * (decay - pairs - back), z[0] + z[1] + z[2] - 1])


def _reaction_reference(count: int) -> np.ndarray:
    """By Newton's method, and sensitivities in the rates that are carried along."""
    y, carried = START, np.zeros((3, 3))
    for h in _steps(count):
        z = y
        for _ in range(20):
            k1, k2, k3 = RATES
            jacobian = np.array(
                [
                    [1 + h * k1, -h * k3 * z[2], -h * k3 * z[1]],
                    [-h * k1, 1 + h * (2 * k2 * z[1] + k3 * z[2]), h * k3 * z[1]],
                    [1, 1, 1],
                ]
            )
            z = z - np.linalg.solve(jacobian, _reaction(np.stack, z, y, RATES, h))
        terms = np.array([z[0], z[1] ** 2, z[1] * z[2]])
        in_rates = h * np.array([terms * [1, 0, -1], terms * [-1, 1, 1], np.zeros(3)])
        carried = -np.linalg.solve(jacobian, in_rates - np.diag([1, 1, 0]) @ carried)
        y = z
    return joined([carried[0] + 1e4 * carried[1]])


def _reaction_dezero(count: int) -> Callable[[], object]:
    def residual(z: Variable, y: Variable, k: Variable, h: float) -> Variable:
        return _reaction(F.stack, z, y, k, h)

    def run() -> object:
        k, y = Variable(RATES), Variable(START)
        for h in _steps(count):
            y = custom_root(residual, y.data, y, k, h)
        return gradients(y[0] + 1e4 * y[1], k)

    return run


def _reaction_jax(count: int) -> Callable[[], object]:
    jax = peers.jax()
    jnp = jax.numpy

    def newton(f: Callable, start: Any) -> Any:
        def step(state: Any) -> Any:
            z, _ = state
            change = jnp.linalg.solve(jax.jacfwd(f)(z), f(z))
            return z - change, jnp.max(jnp.abs(change))

        return jax.lax.while_loop(lambda state: state[1] > 1e-11, step, (start, 1.0))[0]

    def solve(g: Callable, b: Any) -> Any:
        return jnp.linalg.solve(jax.jacobian(g)(b), b)

    def last(k: Any) -> Any:
        def step(y: Any, h: Any) -> Any:
            return jax.lax.custom_root(lambda z: _reaction(jnp.stack, z, y, k, h), y, newton, solve), None

        y, _ = jax.lax.scan(step, jnp.asarray(START), jnp.asarray(_steps(count)))
        return y[0] + 1e4 * y[1]

    gradient = jax.jit(jax.grad(last))
    return _compiled(lambda: gradient(RATES).block_until_ready())


def section(profile: Profile) -> Section:
    """Return the rows of a fixed point, of an optimum and of an equation with constraints."""
    rows, columns, weights, steps = (64, 60, 20, 200) if profile.large else (3, 2, 2, 4)
    state, data = layer(rows, columns), samples(weights)
    return Section(
        "Solutions of equations",
        "The layer: the gradient of the sum of z² in weights and input, z = tanh(z w + x), by `fixed_point`. The "
        "penalties: the Hessian of the validation loss of logistic regression in the logarithms of its penalties, one "
        "for each weight, by `argmin`. Robertson's reaction: the gradient of the last state in the three rates, each "
        "step of the implicit Euler method a `custom_root` of 3 unknowns. JAX under `jax.jit`, compiled before, with "
        "`custom_vjp`, `custom_jvp`, and `lax.custom_root` in `lax.scan`.",
        (
            Row(
                "implicit/layer",
                f"layer, {rows} × {columns} unknowns",
                {
                    "DeZero": Case(lambda: _layer_dezero(state), see_variables),
                    "JAX": Case(lambda: _layer_jax(state), see_arrays),
                },
                lambda: _layer_reference(state),
                tolerance=1e-12,
            ),
            Row(
                "implicit/penalties",
                f"{weights} penalties, Hessian",
                {
                    "DeZero": Case(lambda: _penalties_dezero(data), lambda found: see_array(found.data)),
                    "JAX": Case(lambda: _penalties_jax(data), see_array),
                },
                lambda: _penalties_reference(data),
                tolerance=1e-12,
            ),
            Row(
                "implicit/reaction",
                f"Robertson's reaction, {steps} steps",
                {
                    "DeZero": Case(lambda: _reaction_dezero(steps), see_variables),
                    "JAX": Case(lambda: _reaction_jax(steps), see_array),
                },
                lambda: _reaction_reference(steps),
                tolerance=1e-12,
            ),
        ),
    )
