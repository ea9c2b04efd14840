"""A beam under a load by a neural network: u'''' = q on [0, 1], both ends clamped: u = u' = 0 there.

    python examples/beam.py               # some seconds

The load is q(x) = 1 + 24 x, and u = x^2 (1 - x)^2 / 24 + x^2 (1 - x)^2 (2 + x) / 5 is the exact deflection.
Needs SciPy: pip install "dezero-nth[optimize]"
"""

import argparse
import itertools
import sys
import time

import numpy as np
from scipy.optimize import minimize

import dezero.functions as F
from dezero import Parameter, Variable, gradients, no_grad

WIDTHS = (1, 16, 16, 1)
BOUND = 1e-4  # relative error in L2


def load(x):
    return 1 + 24 * x


def exact(x):
    return x**2 * (1 - x) ** 2 / 24 + x**2 * (1 - x) ** 2 * (2 + x) / 5


def deflection(parameters, x):
    """A network clamped at both ends whatever its weights."""
    h = x
    for w, b in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        h = F.tanh(h @ w + b)
    return (x * (1 - x)) ** 2 * (h @ parameters[-2] + parameters[-1])


def loss(parameters, x):
    u_xxxx = deflection(parameters, x).jet(x, 4, create_graph=True)[4]
    return F.mean((u_xxxx - load(x.data)) ** 2)


def train(parameters, x, steps):
    cuts = np.cumsum([p.size for p in parameters])[:-1]

    def value_and_gradient(vector):
        for p, part in zip(parameters, np.split(vector, cuts), strict=True):
            p.data = part.reshape(p.shape)
        found = loss(parameters, x)
        return found.item(), np.concatenate([g.data.ravel() for g in gradients(found, parameters)])

    first = np.concatenate([p.data.ravel() for p in parameters])
    options = {"maxiter": steps, "maxcor": 50, "ftol": 0, "gtol": 1e-9}
    found = minimize(value_and_gradient, first, jac=True, method="L-BFGS-B", options=options)
    value_and_gradient(found.x)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1000, help="steps of L-BFGS")
    options = parser.parse_args()

    began = time.perf_counter()
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(m, n)) * np.sqrt(2 / (m + n)) for m, n in itertools.pairwise(WIDTHS)]
    parameters = [Parameter(a) for w in weights for a in (w, np.zeros(w.shape[1]))]
    x = (1 - np.cos(np.pi * (np.arange(64) + 0.5) / 64))[:, None] / 2  # Chebyshev's points, denser at the ends
    found = train(parameters, Variable(x), options.steps)

    line = np.linspace(0, 1, 1001)[:, None]
    with no_grad():
        u = deflection(parameters, Variable(line)).data
    error = np.linalg.norm(u - exact(line)) / np.linalg.norm(exact(line))
    print(f"loss {found.fun:.2e} after {found.nit} steps, relative L2 error {error:.2e} (bound {BOUND:g})")
    print(f"largest deflection {u.max():.6f} at x = {line[u.argmax(), 0]:.3f}, {time.perf_counter() - began:.0f} s")
    return 0 if error < BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
