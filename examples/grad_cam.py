"""Where a convolutional network looks: Grad-CAM on pairs of digits, with the network of digits_cnn.py.

    OPENBLAS_NUM_THREADS=1 python examples/grad_cam.py    # twenty seconds, most of it training; writes grad_cam.png

The network learns from single digits and is then shown two different ones side by side. The heat of a class is the sum
of the last feature maps, each weighted by the mean slope of the class's score in it, where that sum is positive. Over
80 % of it lies on the digit of that class; half of it would be chance. Source: Selvaraju et al., Grad-CAM (2017). Needs
scikit-learn and matplotlib: pip install "dezero-nth[learn,viz]"
"""

import argparse
import sys

import digits_cnn
import numpy as np
from matplotlib.figure import Figure

import dezero.functions as F
from dezero import gradients, test_mode
from dezero.datasets import Digits

BOUND = 0.8  # of the heat


@test_mode()
def grad_cam(model, x, classes):
    """The heat of one class a picture: x (N, 1, H, W), classes (N,), result (N, H, W)."""
    maps = model.features(x)
    scores = model.head(maps)[np.arange(len(x)), classes]
    (slopes,) = gradients(F.sum(scores), maps)
    weights = F.mean(slopes, axis=(2, 3), keepdims=True)
    heat = F.relu(F.sum(weights * maps, axis=1, keepdims=True))
    return F.upsample(heat, 2, "bilinear").data[:, 0]


def pairs(rng, count):
    """Test digits of two classes side by side: (count, 1, 8, 16), and the classes (count, 2)."""
    digits = Digits(train=False)
    chosen = rng.integers(len(digits), size=(2 * count, 2))
    chosen = chosen[np.diff(digits.label[chosen]).ravel() != 0][:count]
    left, right = digits.data[chosen.T]
    return np.concatenate([left, right], axis=3), digits.label[chosen]


def picture(file, x, classes, heats):
    figure = Figure(figsize=(9, 2.6), layout="constrained")
    for column, axes in enumerate(figure.subplots(3, 6).T):
        for row, a in enumerate(axes):
            a.imshow(x[column, 0], cmap="gray_r")
            a.set_axis_off()
            if row:
                heat = heats[row - 1][column] / heats[row - 1][column].max()
                a.imshow(heat, cmap="autumn_r", alpha=0.8 * heat, interpolation="bicubic")
                a.set_title(f"heat of {classes[column, row - 1]}", fontsize=9)
    figure.savefig(file, dpi=100)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--output", default="grad_cam.png", help="the picture")
    options = parser.parse_args()

    model, _ = digits_cnn.train(options.epochs, progress=False)
    x, classes = pairs(np.random.default_rng(0), 500)
    heats = [grad_cam(model, x, classes[:, side]) for side in range(2)]

    own = heats[0][:, :, :8].sum() + heats[1][:, :, 8:].sum()
    share = own / sum(heat.sum() for heat in heats)
    picture(options.output, x, classes, heats)
    print(f"{share:.1%} of the heat lies on the digit of its class (bound {BOUND:.0%})\npicture: {options.output}")
    return 0 if share > BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
