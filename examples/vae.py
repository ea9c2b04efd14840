"""A variational autoencoder of handwritten digits: two hidden numbers a picture, and what lies between them.

    python examples/vae.py                # ten seconds; writes vae.png

Pictures are black and white here, so that minus the evidence lower bound (ELBO) is the length of a code. It falls below
20 nats a test digit; pixels that are each black at a frequency of their own need 24.6. Source: Kingma and Welling,
Auto-Encoding Variational Bayes (2014). Needs scikit-learn and matplotlib: pip install "dezero-nth[learn,viz]"
"""

import argparse
import sys
from statistics import NormalDist

import numpy as np
from matplotlib.image import imsave

import dezero.functions as F
from dezero import DataLoader, Model, no_grad
from dezero.datasets import Digits
from dezero.models import MLP
from dezero.optimizers import Adam, CosineDecay
from dezero.training import Trainer

HIDDEN = 2
BOUND = 20  # nats


class VAE(Model):
    """An encoder to the mean and the logarithm of the variance of HIDDEN normal numbers, and a decoder to logits."""

    def __init__(self, rng):
        self.encoder = MLP((128, 64, 2 * HIDDEN), activation=F.relu, in_size=64, rng=rng)
        self.decoder = MLP((64, 128, 64), activation=F.relu, in_size=HIDDEN, rng=rng)
        self.rng = rng

    def forward(self, x):
        """Minus the ELBO, in nats a picture: x (N, 64), 0 or 1."""
        mean, log_variance = F.split(self.encoder(x), 2, axis=1)
        noise = self.rng.standard_normal(mean.shape, np.float32)
        logits = self.decoder(mean + noise * F.exp(log_variance / 2))
        reconstruction = F.sum(F.softplus(logits) - x * logits)
        divergence = F.sum(mean**2 + F.exp(log_variance) - log_variance - 1) / 2
        return (reconstruction + divergence) / len(x)


def black_or_white(x):
    return (x.ravel() > 0.5).astype(np.float32)


def picture(file, model, side=14):
    """What the decoder makes of the quantiles of its two numbers."""
    places = [NormalDist().inv_cdf((i + 0.5) / side) for i in range(side)]
    z = np.array([(x, y) for y in places for x in places], np.float32)
    with no_grad():
        pixels = F.sigmoid(model.decoder(z)).data.reshape(side, side, 8, 8)
    mosaic = np.pad(pixels, ((0, 0), (0, 0), (1, 1), (1, 1))).swapaxes(1, 2).reshape(10 * side, 10 * side)
    imsave(file, mosaic.repeat(3, 0).repeat(3, 1), cmap="gray_r", vmin=0, vmax=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--output", default="vae.png", help="the picture")
    options = parser.parse_args()

    train_set, test_set = Digits(transform=black_or_white), Digits(train=False, transform=black_or_white)
    loader = DataLoader(train_set, batch_size=64, seed=0)
    test_loader = DataLoader(test_set, batch_size=len(test_set), shuffle=False)

    model = VAE(np.random.default_rng(0))
    optimizer = Adam().setup(model).schedule(alpha=CosineDecay(3e-3, options.epochs * len(loader)))
    trainer = Trainer(model, optimizer, loss=lambda nats, label: nats, progress=False)  # the model gives the loss
    trainer.fit(loader, options.epochs)
    nats = np.mean([trainer.evaluate(test_loader)["loss"] for _ in range(20)])

    picture(options.output, model)
    print(f"minus the ELBO: {nats:.2f} nats a test digit (bound {BOUND})\npicture: {options.output}")
    return 0 if nats < BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
