"""Handwritten digits by a network of two hidden layers, with dropout, trained by Adam.

    python examples/digits_mlp.py         # five seconds; over 97 % of the 360 test digits right

The 1,797 digits of 8 x 8 pixels come with scikit-learn, a fifth of them for the test. Sizes, dropout and step size were
chosen by cross-validation on the other four fifths. The learning curves go to digits_mlp.png. Needs scikit-learn and
matplotlib: pip install "dezero-nth[learn,viz]"
"""

import argparse
import sys

import numpy as np

import dezero.functions as F
import dezero.layers as L
from dezero import DataLoader
from dezero.datasets import Digits
from dezero.models import Sequential
from dezero.optimizers import Adam, CosineDecay
from dezero.training import Trainer, plot_curves

BOUND = 0.97  # of the test digits


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", default="digits_mlp.png", help="the picture")
    options = parser.parse_args()

    train_set, test_set = Digits(), Digits(train=False)
    train_loader = DataLoader(train_set, batch_size=32, seed=options.seed)
    test_loader = DataLoader(test_set, batch_size=len(test_set), shuffle=False)

    rng = np.random.default_rng(options.seed)
    hidden = [layer for _ in range(2) for layer in (L.Linear(256, rng=rng), F.relu, L.Dropout(0.5, rng=rng))]
    model = Sequential(L.Flatten(), *hidden, L.Linear(10, rng=rng))
    optimizer = Adam().setup(model).schedule(alpha=CosineDecay(3e-3, options.epochs * len(train_loader)))
    trainer = Trainer(model, optimizer, F.softmax_cross_entropy, {"accuracy": F.accuracy})
    history = trainer.fit(train_loader, options.epochs, validation=test_loader)

    accuracy = history[-1]["test_accuracy"]
    print(f"{accuracy:.2%} of {len(test_set)} test digits right (bound {BOUND:.0%})")
    print(f"picture: {plot_curves(history, options.output)}")
    return 0 if accuracy > BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
