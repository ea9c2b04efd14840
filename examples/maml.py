"""Learning to learn sine waves: a start from which one gradient step on ten points fits a wave never seen.

    OPENBLAS_NUM_THREADS=1 python examples/maml.py        # half a minute; writes maml.png

Waves a sin(x + p) with a in [0.1, 5] and p in [0, pi], x in [-5, 5]. The start is learned through the step, so that its
gradient holds second derivatives of the loss. One step from there makes the error on new waves at least seven times
smaller. Where these second derivatives are left out, it is about six times; from a start that has learned all waves at
once, hardly at all. Source: Finn, Abbeel and Levine, Model-Agnostic Meta-Learning (2017). Needs matplotlib: pip install
"dezero-nth[viz]"
"""

import argparse
import sys

import numpy as np
from matplotlib.figure import Figure

import dezero.functions as F
from dezero import Variable, gradients
from dezero.models import MLP
from dezero.optimizers import Adam

POINTS, TASKS = 10, 25
RATE = {"maml": 0.05, "first order": 0.05, "no step": 0.02}  # of the step; the last is the best of seven
BOUND = 7  # how many times smaller the error is after a step


def waves(rng, count):
    """Functions of x (count, points, 1), which give the values of a wave each."""
    height, phase = rng.uniform(0.1, 5, (count, 1, 1)), rng.uniform(0, np.pi, (count, 1, 1))
    return lambda x: (height * np.sin(x + phase)).astype(np.float32)


def points(rng, count, n=POINTS):
    return rng.uniform(-5, 5, (count, n, 1)).astype(np.float32)


def network(weights, x):
    """A multilayer perceptron for each task: x (tasks, points, 1), each weight (tasks, ...)."""
    *hidden, w, b = weights
    for v, c in zip(hidden[::2], hidden[1::2], strict=True):
        x = F.tanh(x @ v + c)
    return x @ w + b


def error(weights, x, t):
    """The mean square error of each task."""
    return F.mean((network(weights, x) - t) ** 2, axis=(1, 2))


def for_each_task(params, count):
    """The parameters once a task: biases (size,) become (count, 1, size)."""
    return [F.broadcast_to(p, (count, *np.atleast_2d(p.data).shape)) for p in params]


def adapted(weights, x, t, rate, second_order=True):
    """The weights after a gradient step on each task's points; with second_order its own derivative is recorded."""
    x, t = Variable(x), Variable(t)  # no plain arrays: the graph is alike for all points, its derivative found once
    slopes = gradients(F.sum(error(weights, x, t)), weights, create_graph=second_order)
    return [w - rate * g for w, g in zip(weights, slopes, strict=True)]


def meta_train(way, iterations, seed=0):
    """A network that has learned by "maml", "first order" or "no step": all waves at once."""
    rng = np.random.default_rng(seed)
    model = MLP((40, 40, 1), activation=F.tanh, in_size=1, rng=rng)
    optimizer = Adam(alpha=3e-3).setup(model)

    for _ in range(iterations):
        wave, seen, asked = waves(rng, TASKS), points(rng, TASKS), points(rng, TASKS)
        weights = for_each_task(model.params(), TASKS)
        if way != "no step":
            weights = adapted(weights, seen, wave(seen), RATE[way], second_order=way == "maml")
        loss = F.mean(error(weights, asked, wave(asked)))
        model.cleargrads()
        loss.backward()
        optimizer.update()
    return model


def curves(model, wave, x, asked, rate):
    """What the network gives at `asked` before and after a step on the points x."""
    weights = for_each_task(model.params(), len(x))
    return network(weights, asked).data, network(adapted(weights, x, wave(x), rate, False), asked).data


def picture(file, models):
    rng = np.random.default_rng(1)
    wave, x = waves(rng, 1), points(rng, 1)
    line = np.linspace(-5, 5, 201, dtype=np.float32).reshape(1, -1, 1)
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    for axes, (way, model) in zip(figure.subplots(1, len(models), sharey=True), models.items(), strict=True):
        before, after = curves(model, wave, x, line, RATE[way])
        axes.plot(line.ravel(), wave(line).ravel(), color="#26323f", linewidth=0.8, label="the wave")
        axes.plot(line.ravel(), before.ravel(), ":", color="#1b4f8a", label="before the step")
        axes.plot(line.ravel(), after.ravel(), color="#d1603d", label="after one step")
        axes.plot(x.ravel(), wave(x).ravel(), "o", color="#26323f", markersize=4, label="its ten points")
        axes.set_title(way)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(file, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--iterations", type=int, default=4000)
    parser.add_argument("--output", default="maml.png", help="the picture")
    options = parser.parse_args()

    models = {way: meta_train(way, options.iterations) for way in ("maml", "first order", "no step")}
    rng = np.random.default_rng(2020)
    wave, x, asked = waves(rng, 500), points(rng, 500), points(rng, 500, 100)
    factors = {}
    for way, model in models.items():
        before, after = (np.mean((y - wave(asked)) ** 2) for y in curves(model, wave, x, asked, RATE[way]))
        factors[way] = before / after
        print(f"{way:12}: mean square error {before:.2f} before a step, {after:.2f} after it")
    picture(options.output, models)
    print(f"maml: {factors['maml']:.1f} times smaller (bound {BOUND})\npicture: {options.output}")
    return 0 if factors["maml"] > BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
