"""Digits out of noise: a Wasserstein network whose critic is held to the slope 1 by a gradient penalty.

    OPENBLAS_NUM_THREADS=1 python examples/wgan_gp.py     # half a minute; writes wgan_gp.png

The critic's weights learn from the norm of its gradient in the picture: a derivative of a derivative, through
convolutions. What it sees between test digits and made ones estimates their Wasserstein distance, which falls from 2
to below 0.8. Source: Gulrajani et al., Improved Training of Wasserstein GANs (2017). Needs scikit-learn and matplotlib:
pip install "dezero-nth[learn,viz]"
"""

import argparse
import sys

import numpy as np
from matplotlib.image import imsave

import dezero.functions as F
import dezero.layers as L
from dezero import DataLoader, Variable, gradients, no_grad
from dezero.datasets import Digits
from dezero.models import Sequential
from dezero.optimizers import Adam

NOISE, CRITIC_STEPS, PENALTY = 16, 3, 10
ALONE = 5  # epochs for the critic alone at the end, lest it flatter what it has not caught up with
BOUND = 0.8


def generator(rng):
    """Noise (N, 16) to pictures (N, 1, 8, 8) in [0, 1]."""
    return Sequential(
        L.Linear(64 * 2 * 2, in_size=NOISE, rng=rng),
        F.relu,
        L.Reshape((-1, 64, 2, 2)),
        L.Deconv2d(32, 4, stride=2, pad=1, in_channels=64, rng=rng),
        F.relu,
        L.Deconv2d(1, 4, stride=2, pad=1, in_channels=32, rng=rng),
        F.sigmoid,
    )


def critic(rng):
    """Pictures (N, 1, 8, 8) to a number each: high for digits, low for what is made."""
    return Sequential(
        L.Conv2d(32, 3, stride=2, pad=1, in_channels=1, rng=rng),
        F.leaky_relu,
        L.Conv2d(64, 3, stride=2, pad=1, in_channels=32, rng=rng),
        F.leaky_relu,
        L.Flatten(),
        L.Linear(1, in_size=64 * 2 * 2, rng=rng),
    )


def gap(critic, real, fake):
    """What the critic sees between two sets of pictures."""
    return F.mean(critic(real)) - F.mean(critic(fake))


def gradient_penalty(critic, x):
    """The mean of (|dD/dx| - 1)^2, which is differentiated once more in the weights."""
    x = Variable(x)
    (slope,) = gradients(F.sum(critic(x)), x, create_graph=True)
    norm = F.sqrt(F.sum(slope**2, axis=(1, 2, 3)) + 1e-12)
    return F.mean((norm - 1) ** 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--output", default="wgan_gp.png", help="the picture")
    options = parser.parse_args()

    rng = np.random.default_rng(0)
    G, D = generator(rng), critic(rng)
    g_optimizer, d_optimizer = (Adam(alpha=1e-3, beta1=0.5, beta2=0.9).setup(model) for model in (G, D))
    loader = DataLoader(Digits(), batch_size=64, seed=0, drop_last=True)
    test = Digits(train=False).data

    def made(n):
        return G(rng.standard_normal((n, NOISE), np.float32))

    def distance():
        with no_grad():
            return gap(D, test, made(len(test))).item()

    for epoch in range(1, options.epochs + ALONE + 1):
        for step, (real, _) in enumerate(loader, 1):
            with no_grad():
                fake = made(len(real)).data
            between = real + rng.random((len(real), 1, 1, 1), np.float32) * (fake - real)
            D.cleargrads()
            (PENALTY * gradient_penalty(D, between) - gap(D, real, fake)).backward()
            d_optimizer.update()
            if step % CRITIC_STEPS == 0 and epoch <= options.epochs:
                G.cleargrads()
                (-F.mean(D(made(len(real))))).backward()
                g_optimizer.update()
        if epoch % 10 == 1:
            print(f"epoch {epoch:3d}: Wasserstein distance about {distance():.2f}", flush=True)

    with no_grad():
        pixels = made(100).data.reshape(10, 10, 8, 8)
    mosaic = np.pad(pixels, ((0, 0), (0, 0), (1, 1), (1, 1))).swapaxes(1, 2).reshape(100, 100)
    imsave(options.output, mosaic.repeat(4, 0).repeat(4, 1), cmap="gray_r", vmin=0, vmax=1)
    found = np.mean([distance() for _ in range(10)])
    print(f"Wasserstein distance about {found:.2f} (bound {BOUND})\npicture: {options.output}")
    return 0 if found < BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
