"""Newton's method against Adam: a small network fits a curve to many digits.

    OPENBLAS_NUM_THREADS=1 python examples/newton_cg.py   # three quarters of a minute; writes newton_cg.png

A tanh network of 481 weights is to follow sin(4 x) exp(-x^2) at 200 points, all of them in every update. Both begin at
the same weights. NewtonCG asks for the exact curvature along some directions by Hessian-vector products, and an update
of it takes about the time of 20 of Adam's: Adam makes 20 times as many. Its step size decays to zero, from the best of
0.003, 0.01 and 0.03. The mean square error of NewtonCG falls below 1e-8, and to a thirtieth of Adam's or less. In
float64, since so many digits are asked for.
Needs matplotlib: pip install "dezero-nth[viz]"
"""

import argparse
import sys

import numpy as np
from matplotlib.figure import Figure

import dezero.functions as F
from dezero.models import MLP
from dezero.optimizers import Adam, NewtonCG

BOUND, TIMES = 1e-8, 30  # the error, and how many times less than Adam's
WORTH = 20  # updates of Adam that take the time of one of NewtonCG
X = np.linspace(-2, 2, 200)[:, None]
T = np.sin(4 * X) * np.exp(-(X**2))


def fit(optimizer, updates, rate=None):
    """The losses before each update. rate: a function of the part of the updates that are done."""
    model = MLP((20, 20, 1), activation=F.tanh, in_size=1, dtype=np.float64, rng=np.random.default_rng(0))
    optimizer.setup(model)
    losses = []
    for n in range(updates):
        if rate is not None:
            optimizer.alpha = rate(n / updates)
        losses.append(optimizer.update(lambda: F.mean_squared_error(model(X), T)).item())
    return np.array(losses)


def picture(file, runs):
    figure = Figure(figsize=(6.5, 4), layout="constrained")
    axes = figure.add_subplot(
        xscale="log",
        yscale="log",
        xlabel=f"updates of Adam; one of Newton-CG takes the time of {WORTH}",
        ylabel="mean square error",
    )
    for (name, losses), colour, worth in zip(runs.items(), ("#d1603d", "#1b4f8a"), (1, WORTH), strict=True):
        times = worth * np.arange(len(losses))
        axes.plot(times[1:], losses[1:], color=colour, linewidth=0.5, alpha=0.3)
        best = np.minimum.accumulate(losses)
        axes.plot(times[1:], best[1:], color=colour, label=f"{name}, {len(losses)} updates; the least so far")
    axes.grid(color="#e3e7ec")
    axes.legend(frameon=False)
    figure.savefig(file, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--updates", type=int, default=800, help=f"of NewtonCG; {WORTH} times as many of Adam")
    parser.add_argument("--output", default="newton_cg.png", help="the picture")
    options = parser.parse_args()

    runs = {
        "Adam": fit(Adam(), WORTH * options.updates, rate=lambda over: 0.01 * (1 + np.cos(np.pi * over)) / 2),
        "Newton-CG": fit(NewtonCG(), options.updates),
    }
    picture(options.output, runs)
    for name, losses in runs.items():
        print(f"{name:9}: mean square error {losses[-1]:.2e} after {len(losses)} updates")
    adam, newton = (losses[-1] for losses in runs.values())
    print(f"Newton-CG: {newton:.2e} (bound {BOUND:g}), {adam / newton:.0f} times less (bound {TIMES})")
    print(f"picture: {options.output}")
    return 0 if newton < BOUND and adam > TIMES * newton else 1


if __name__ == "__main__":
    sys.exit(main())
