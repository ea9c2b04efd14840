"""Burgers' equation by a neural network: u_t + u u_x = (0.01/pi) u_xx, u(0, x) = -sin(pi x), u(t, -1) = u(t, 1) = 0.

    OPENBLAS_NUM_THREADS=1 python examples/burgers.py   # two minutes; writes burgers.png beside this file

One thread, since its matrices are small. Needs SciPy and matplotlib: pip install "dezero-nth[viz,optimize]"; has a
progress bar where tqdm is installed.
"""

import argparse
import itertools
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

import dezero.functions as F
from dezero import Parameter, Variable, compile, gradients, no_grad

NU = 0.01 / np.pi
WIDTHS = (2, 20, 20, 20, 1)
POINTS = 1500
BOUND = 1e-2  # relative error in L2


def start(rng):
    """Weights and biases, by Glorot and Bengio's rule."""
    weights = [rng.normal(size=(m, n)) * np.sqrt(2 / (m + n)) for m, n in itertools.pairwise(WIDTHS)]
    biases = [np.zeros(w.shape[1]) for w in weights]
    pairs = zip(weights, biases, strict=True)
    return [Parameter(a) for pair in pairs for a in pair][:-1]  # without the last bias: u is odd


def network(parameters, t, x):
    h = F.concatenate([t, x], axis=1)
    for w, b in zip(parameters[:-1:2], parameters[1::2], strict=True):
        h = F.tanh(h @ w + b)
    return h @ parameters[-1]


def solution(parameters, t, x):
    """Columns t and x to a column u: odd in x, with the initial and boundary values, whatever the weights."""
    odd = network(parameters, t, x) - network(parameters, t, -x)
    return t * (1 - x * x) * odd - F.sin(np.pi * x)


def loss(parameters, t, x):
    """The mean square of what the equation leaves, held down in the shock, where it is steep."""
    u = solution(parameters, t, x)
    _, u_t = u.jet(t, 1, create_graph=True)
    _, u_x, u_xx = u.jet(x, 2, create_graph=True)
    return F.mean((u_t + u * u_x - NU * u_xx) ** 2 / (1 + u_x**2 / 25))


def train(parameters, t, x, steps):
    """L-BFGS on all parameters as one vector; the gradients come from one backward, compiled."""
    cuts = np.cumsum([p.size for p in parameters])[:-1]

    @compile
    def slopes():
        found = loss(parameters, t, x)
        return found, *gradients(found, parameters)

    def value_and_gradient(vector):
        for p, part in zip(parameters, np.split(vector, cuts), strict=True):
            p.data = part.reshape(p.shape)
        found, *slope = slopes()
        return found.item(), np.concatenate([g.data.ravel() for g in slope])

    first = np.concatenate([p.data.ravel() for p in parameters])
    options = {"maxiter": steps, "maxfun": 2 * steps, "maxcor": 50, "ftol": 0, "gtol": 0}
    with progress(steps) as show:
        found = minimize(value_and_gradient, first, jac=True, method="L-BFGS-B", options=options, callback=show)
    value_and_gradient(found.x)
    return found.fun


@contextmanager
def progress(steps):
    """A callback for SciPy that moves a bar; None where tqdm is not installed."""
    try:
        from tqdm import tqdm
    except ImportError:
        yield None
        return
    with tqdm(total=steps, unit="step") as bar:

        def show(intermediate_result):
            bar.set_postfix_str(f"loss {intermediate_result.fun:.2e}", refresh=False)
            bar.update()

        yield show


def exact(t, x):
    """The formula of Cole and Hopf, its two integrals by Gauss-Hermite quadrature; arrays of one shape, t > 0."""
    nodes, weights = np.polynomial.hermite.hermgauss(100)
    y = x[..., None] - np.sqrt(4 * NU * t)[..., None] * nodes
    kernel = weights * np.exp(-np.cos(np.pi * y) / (2 * np.pi * NU))
    return -np.sum(kernel * np.sin(np.pi * y), axis=-1) / np.sum(kernel, axis=-1)


def picture(file, t, x, u, reference):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    mesh = left.pcolormesh(t, x, u, cmap="RdBu_r", shading="gouraud", rasterized=True)
    figure.colorbar(mesh, ax=left, label="u")
    left.set(xlabel="t", ylabel="x", title="The network")
    for k, moment in enumerate((0.25, 0.5, 0.99)):
        column = np.argmin(abs(t[0] - moment))
        right.plot(x[:, 0], reference[:, column], color=f"C{k}", label=f"exact, t = {t[0, column]:.2f}")
        right.plot(x[:, 0], u[:, column], "--", color="black", label="the network" if k == 2 else None)
    right.set(xlabel="x", ylabel="u", title="Towards a shock")
    right.legend()
    figure.savefig(file, dpi=120)
    plt.close(figure)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=3000, help="steps of L-BFGS")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("burgers.png"))
    options = parser.parse_args()

    began = time.perf_counter()
    rng = np.random.default_rng(0)
    t = rng.uniform(0, 1, (POINTS, 1))
    x = rng.uniform(0, 1, (POINTS, 1)) ** 2  # denser at x = 0, where the shock is; u is odd
    parameters = start(rng)
    reached = train(parameters, Variable(t), Variable(x), options.steps)

    grid_t, grid_x = np.meshgrid(np.linspace(0.01, 1, 100), np.linspace(-1, 1, 257))
    with no_grad():
        u = solution(parameters, Variable(grid_t.reshape(-1, 1)), Variable(grid_x.reshape(-1, 1))).data
    u, reference = u.reshape(grid_t.shape), exact(grid_t, grid_x)
    error = np.linalg.norm(u - reference) / np.linalg.norm(reference)
    picture(options.output, grid_t, grid_x, u, reference)
    print(f"loss {reached:.2e}, relative L2 error {error:.2e} (bound {BOUND:g}), {time.perf_counter() - began:.0f} s")
    print(f"picture: {options.output}")
    return 0 if error < BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
