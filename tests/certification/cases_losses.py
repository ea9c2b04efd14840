"""Cases of dezero.functions.nn.losses; the references are the formulas."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Normal, Reals

LABELS = np.array([2, 0, 1, 2])
BROADCAST = {"0-d": "the reference broadcasts a number along the targets"}
PIECES = {"complex": "it is in pieces, told apart by size"}
SIGNS = np.array([1, -1, 1])
BITS = np.array([[1, 0, 1], [0, 1, 1]])


def labelled(function, **parameters):
    return lambda x: function(x, LABELS, **parameters)


def picked(x):
    """The logarithms of the probabilities of the labels."""
    return np.log(np.exp(x) / np.exp(x).sum(1, keepdims=True))[np.arange(4), LABELS]


def over_samples(each):
    """The sum over the number of samples; refused where there is none."""
    if not each.size:
        raise ValueError("no samples")
    return each.sum() / (len(each) if each.ndim else 1)


def binary(p, t):
    t = t.astype(np.float32) if p.dtype == np.float32 else t
    return over_samples(-(t * np.log(p) + (1 - t) * np.log(1 - p)))


def huber(x, t, delta=1.0):
    d = np.abs(x - t)
    return np.where(d <= delta, d * d / 2, delta * (d - delta / 2))


def cosine(a, b, axis=1):
    if a.ndim != 2 or not a.size:
        raise ValueError("no vectors along the axis, or none but empty ones")
    return (a * b).sum(axis) / np.sqrt((a * a).sum(axis) * (b * b).sum(axis))


CASES = [
    Case(
        F.softmax_cross_entropy,
        Normal(4, 3),
        call=labelled(F.softmax_cross_entropy),
        like=lambda x: -picked(x).mean(),
        covers=("softmax_error",),
    ),
    Case(
        F.softmax_cross_entropy_simple,
        Normal(4, 3),
        call=labelled(F.softmax_cross_entropy_simple),
        like=lambda x: -picked(x).mean(),
    ),
    Case(
        F.nll_loss,
        Normal(4, 3),
        call=labelled(F.nll_loss, reduction="none"),
        like=lambda x: -x[np.arange(4), LABELS],
        label="each",
        without={"integers": "log-probabilities become floats first"},
    ),
    Case(F.nll_loss, Normal(4, 3), call=labelled(F.nll_loss), like=lambda x: -x[np.arange(4), LABELS].mean()),
    Case(
        F.sigmoid_cross_entropy,
        Normal(2, 3),
        call=lambda x: F.sigmoid_cross_entropy(x, BITS),
        like=lambda x: binary(1 / (1 + np.exp(-x)), BITS),
        without=BROADCAST,
    ),
    Case(
        F.sigmoid_cross_entropy,
        Normal(2, 3),
        Reals(0.1, 0.9, shape=(2, 3)),
        like=lambda x, t: over_samples(np.log(1 + np.exp(x)) - t * x),
        label="probabilities",
    ),
    Case(
        F.binary_cross_entropy,
        Reals(0.1, 0.9, shape=(2, 3)),
        call=lambda p: F.binary_cross_entropy(p, BITS),
        like=lambda p: binary(p, BITS),
        without=BROADCAST,
    ),
    Case(
        F.kl_div,
        Normal(2, 3),
        Reals(0.1, 0.9, shape=(2, 3)),
        like=lambda x, t: (t * (np.log(t) - x)).mean(),
        without={"empty": "the reference has a mean of nothing"},
    ),
    Case(
        F.kl_div,
        Normal(2, 3),
        Normal(2, 3),
        like=lambda x, t, **_: over_samples(np.exp(t) * (t - x)),
        reduction="batchmean",
        log_target=True,
        label="logarithms",
    ),
    Case(
        F.hinge_loss,
        np.array([0.3, -0.4, 2.0]),
        call=lambda x: F.hinge_loss(x, SIGNS),
        like=lambda x: np.maximum(0, 1 - SIGNS.astype(x.dtype) * x).mean(),
        without=PIECES | BROADCAST,
    ),
    Case(
        F.accuracy,
        Normal(4, 3),
        call=labelled(F.accuracy),
        like=lambda y: (y.argmax(1) == LABELS).mean(),
        without=PIECES | {"float32": "a share of whole numbers, float64 whatever the scores are"},
    ),
    Case(F.mean_squared_error, Normal(2, 3), Normal(2, 3), like=lambda a, b: over_samples((a - b) ** 2)),
    Case(F.mean_squared_error_simple, Normal(4), Normal(4), like=lambda a, b: over_samples((a - b) ** 2)),
    *[
        Case(
            F.huber_loss,
            Normal(2, 3),
            Normal(2, 3),
            call=lambda x, t, delta: F.huber_loss(x, t, "none", delta),
            like=huber,
            delta=delta,
            label=label,
            without=PIECES,
        )
        for delta, label in ((1.0, ""), (0.2, "bound"))
    ],
    Case(
        F.l1_loss,
        Normal(2, 3),
        Normal(2, 3),
        like=lambda x, t, **_: np.abs(x - t).sum(),
        reduction="sum",
        without=PIECES,
    ),
    Case(F.cosine_similarity, Normal(2, 3), Normal(2, 3), like=cosine),
    Case(F.cosine_similarity, Normal(2, 3), Normal(2, 3), like=cosine, axis=0, label="columns"),
]
