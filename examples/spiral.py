"""The three arms of DeZero's spiral, told apart by a small network, and the regions it finds.

    python examples/spiral.py             # two seconds; over 95 % of the points of another spiral right

The test points are drawn from the same arms. The picture goes to spiral.png. Needs matplotlib: pip install
"dezero-nth[viz]"
"""

import argparse
import sys

import numpy as np
from matplotlib.figure import Figure

import dezero.functions as F
from dezero import DataLoader, no_grad
from dezero.datasets import Spiral
from dezero.models import MLP
from dezero.optimizers import Adam
from dezero.training import Trainer

BOUND = 0.95  # of the test points
COLOURS = ("#1b4f8a", "#d1603d", "#4c9f70")


def picture(file, model, points, arms):
    """The region of each arm, and the points."""
    line = np.linspace(-1, 1, 300, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    with no_grad():
        regions = model(np.stack([x.ravel(), y.ravel()], axis=1)).data.argmax(axis=1).reshape(x.shape)
    figure = Figure(figsize=(4.5, 4.5), layout="constrained")
    axes = figure.add_subplot(aspect="equal", title="Three arms and their regions")
    axes.contourf(x, y, regions, levels=[-0.5, 0.5, 1.5, 2.5], colors=COLOURS, alpha=0.25)
    for arm, (colour, marker) in enumerate(zip(COLOURS, "ox^", strict=True)):
        axes.scatter(*points[arms == arm].T, s=14, color=colour, marker=marker)
    axes.set_axis_off()
    figure.savefig(file, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--output", default="spiral.png", help="the picture")
    options = parser.parse_args()

    train_set, test_set = Spiral(), Spiral(train=False)
    loader = DataLoader(train_set, batch_size=30, seed=0)
    test_loader = DataLoader(test_set, batch_size=len(test_set), shuffle=False)

    model = MLP((32, 32, 3), activation=F.tanh, rng=np.random.default_rng(0))
    trainer = Trainer(
        model, Adam(alpha=0.01).setup(model), F.softmax_cross_entropy, {"accuracy": F.accuracy}, progress=False
    )
    trainer.fit(loader, options.epochs)
    result = trainer.evaluate(test_loader)

    picture(options.output, model, train_set.data, train_set.label)
    print(f"{result['accuracy']:.1%} of {len(test_set)} test points right (bound {BOUND:.0%})")
    print(f"picture: {options.output}")
    return 0 if result["accuracy"] > BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
