"""Losses: how far predictions are from what they should be; and the share of classes told right.

Losses that DeZero has are sums over all elements, divided by the number of samples (the length of the first axis). The
others are PyTorch's, and take `reduction`: "mean" over all elements, "sum", or "none".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.core.arithmetic import mul, sub
from dezero.core.arraylike import raw
from dezero.core.declare import elementwise, public
from dezero.core.dtypes import Array, as_array
from dezero.core.op import Op
from dezero.core.outputs import apply_all, general
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable
from dezero.core.watch.tracing import NUMBERLESS
from dezero.core.watch.watching import noted
from dezero.functions._axes import WholeNumbers, axis_of
from dezero.functions._stacking import Stacks, merged
from dezero.functions.elementwise.bounds import at_least, clip
from dezero.functions.elementwise.complex_numbers import of_reals, refuse_complex
from dezero.functions.elementwise.exponential import CANCELS, exp, log, sqrt
from dezero.functions.elementwise.signs import abs
from dezero.functions.indexing.picking import rows_beside_last
from dezero.functions.nn._loss_arguments import (
    alike,
    at_classes,
    check_range,
    fitted,
    reduced,
    rows_and_classes,
    samples,
)
from dezero.functions.nn.activation import relu
from dezero.functions.nn.softmaxes import log_of_sum, softmax
from dezero.functions.reductions._half import in_single
from dezero.functions.reductions.sums_and_products import sum

# -- classes -----------------------------------------------------------------------------------------------------


def _cross_entropy(x: Array, labels: Array) -> tuple[Array, Array]:
    check_range("softmax_cross_entropy", labels, x.shape)
    p = x - x.max(1, keepdims=True)
    picked = p[np.arange(len(x)), labels]
    np.exp(p, out=p)
    loss = (log_of_sum(p, 1)[:, 0] - picked).sum() / len(x)
    p /= p.sum(1, keepdims=True)
    return loss, p


def _softmax_error(x: Array, labels: Array, p: Array) -> Array:
    error, rows = p.copy(), np.arange(len(x))
    at_label = error[rows, labels] - 1
    near = at_label > -CANCELS
    if np.count_nonzero(near):  # p - 1 has lost digits there: it is minus the sum of the others
        others = error[near]
        others[np.arange(len(others)), labels[near]] = 0
        at_label[near] = -others.sum(1)
    error[rows, labels] = at_label
    return error


def _softmax_error_rule(F, g, x, labels, p, y):
    p = F.softmax(x, axis=(1,))
    return p * F.centred_by_shares(g, p, axis=(1,))


def _each_cross_entropy(S: Stacks, op: Op, x: Any, labels: Any) -> Any:
    x, labels = S.whole(x), S.whole(labels)
    log_p = S.log_softmax(x, axis=(2,))
    picked = S.pick(log_p, S.reshape(labels, shape=(*labels.shape, 1)))
    return S.mul(S.sum(picked, axis=(1, 2), keepdims=False), -1 / x.shape[1]), S.softmax(x, axis=(2,))


# The softmax is the second output, so that the derivative need not compute it again. There it counts as a constant: all
# further derivatives go through the x of softmax_error.
_softmax_cross_entropy = general(
    "softmax_cross_entropy",
    _cross_entropy,
    lambda F, gs, x, labels, ys: F.softmax_error(x, labels, ys[1]) * (gs[0] / x.shape[0]),
    lambda F, gs, x, labels, ys: F.zeros_like(labels),
    outputs=2,
    stacked=_each_cross_entropy,
)
# Its derivative: the softmax, less 1 at the label.
general(
    "softmax_error",
    _softmax_error,
    _softmax_error_rule,
    lambda F, g, x, labels, p, y: F.zeros_like(labels),
    lambda F, g, x, labels, p, y: F.zeros_like(p),
    independent=lambda below, node: rows_beside_last(below[::2], node),
    stacked=merged,
)


@public
@in_single
def softmax_cross_entropy(x: ArrayLike, t: WholeNumbers) -> Variable:
    """Mean over the samples of -log(softmax(x)[label]), without overflow.

    x: scores (N, C). t: the N labels, whole numbers from 0 to C - 1, an array or a Variable; they have no derivative.
    ValueError for shapes that do not fit, TypeError for labels other than whole numbers, IndexError for one that is
    out of range: in machine code that `compile` makes, which raises nothing, the loss is NaN instead.

    >>> softmax_cross_entropy(Variable(np.array([[0.0, 0.0], [1000.0, 0.0]])), np.array([1, 0]))
    variable(0.34657359027997264)
    """
    return apply_all(_softmax_cross_entropy, 2, *rows_and_classes("softmax_cross_entropy", x, t, late=True))[0]


@public
@in_single
def softmax_cross_entropy_simple(x: ArrayLike, t: WholeNumbers) -> Variable:
    """softmax_cross_entropy as the formula stands, of probabilities clipped to 1e-15 and more.

    >>> softmax_cross_entropy_simple(Variable(np.zeros((1, 2))), np.array([1]))
    variable(0.6931471805599453)
    """
    x, labels = rows_and_classes("softmax_cross_entropy_simple", x, t)
    log_p = log(clip(softmax(x), 1e-15, 1.0))
    return -sum(at_classes(log_p, labels)) / len(x)


@public
@in_single
def nll_loss(x: ArrayLike, t: WholeNumbers, reduction: str = "mean") -> Variable:
    """Negative logarithm of each sample's likelihood: -x[n, label n] of log-probabilities x.

    x: (N, C), as log_softmax gives it. t: the N labels, as for softmax_cross_entropy; its errors are the same.

    >>> nll_loss(Variable(np.log([[0.25, 0.75], [0.5, 0.5]])), np.array([1, 0]), reduction="none")
    variable([0.28768207 0.69314718])
    """
    x, labels = rows_and_classes("nll_loss", x, t)
    return reduced("nll_loss", -at_classes(x, labels), reduction)


# log(1 + exp(x)) - t x. Of labels 0 and 1 neither it nor its derivative is a difference of equal numbers.
_logistic_loss = elementwise(
    "logistic_loss",
    of_reals(lambda x, t: np.maximum(x, 0) - t * x + np.log1p(np.exp(np.abs(x) * -1.0))),
    lambda F, g, x, t, y: g * ((1 - t) * F.sigmoid(x) - t * F.sigmoid(-x)),
    lambda F, g, x, t, y: -(g * x),
    doc="Loss of the scores x of labels or probabilities t.",
)


@public
@in_single
def sigmoid_cross_entropy(x: ArrayLike, t: ArrayLike) -> Variable:
    """-sum(t log(sigmoid(x)) + (1 - t) log(1 - sigmoid(x))) / N, exact in both tails.

    x: scores of N samples. t: the probabilities or labels 0 and 1, as many as x has elements; ValueError otherwise.
    Computed as log(1 + exp(x)) - t x.

    >>> sigmoid_cross_entropy(Variable(np.array([0.0, 1000.0])), np.array([1, 1]))
    variable(0.34657359027997264)
    """
    x, t = fitted("sigmoid_cross_entropy", x, t, "x t")
    return sum(_logistic_loss(x, t)) / samples("sigmoid_cross_entropy", x)


@public
@in_single
def binary_cross_entropy(p: ArrayLike, t: ArrayLike) -> Variable:
    """-sum(t log(p) + (1 - t) log(1 - p)) / N of probabilities p, clipped to 1e-15 and 0.999 as DeZero does.

    p: the probabilities of N samples. t: labels 0 and 1, as many as p has elements; ValueError otherwise. Where p is
    clipped its derivative is 0: sigmoid_cross_entropy, of the scores, has no such bounds.

    >>> binary_cross_entropy(Variable(np.array([0.5, 0.5])), np.array([0, 1]))
    variable(0.6931471805599453)
    """
    p, t = fitted("binary_cross_entropy", p, t, "p t")
    p = clip(p, 1e-15, 0.999)
    return -sum(mul(t, log(p)) + mul(sub(1, t), log(1 - p))) / samples("binary_cross_entropy", p)


@public
@in_single
def kl_div(x: ArrayLike, t: ArrayLike, reduction: str = "mean", log_target: bool = False) -> Variable:
    """Kullback-Leibler divergence of log-probabilities x from probabilities t: t (log(t) - x), 0 where t is 0.

    x, t: of one shape (ValueError otherwise). reduction: "batchmean" too, the sum over the number of samples, which is
    what mathematics calls the divergence. log_target: t are log-probabilities as well. ImportError without SciPy
    unless log_target.

    >>> kl_div(Variable(np.array([-2.0])), np.array([0.0]), log_target=True)
    variable(2.0)
    """
    x, t = alike("kl_div", x, t)
    each = mul(exp(t), sub(t, x)) if log_target else sub(operations.xlogy(t, t), mul(t, x))
    return sum(each) / samples("kl_div", each) if reduction == "batchmean" else reduced("kl_div", each, reduction)


@public
@in_single
def hinge_loss(x: ArrayLike, t: ArrayLike, reduction: str = "mean") -> Variable:
    """max(0, 1 - t x) for scores x and labels t, each -1 or 1 (ValueError otherwise); at the kink its derivative is 0.

    >>> hinge_loss(Variable(np.array([0.5, 3.0, 0.5])), np.array([1, 1, -1]), reduction="none")
    variable([0.5 0.  1.5])
    """
    x, t = fitted("hinge_loss", x, raw(noted(t)), "x t")
    if not np.all(np.abs(t) == 1):
        raise ValueError("hinge_loss: t must hold labels -1 and 1; use 2 * t - 1 for labels 0 and 1")
    return reduced("hinge_loss", relu(1 - x * t), reduction)


@public
def accuracy(y: ArrayLike, t: WholeNumbers) -> Variable:
    """Share of the samples whose greatest score is that of their class; it has no derivative.

    y: scores (N, C). t: the N labels, as for softmax_cross_entropy; its errors are the same.

    >>> accuracy(np.array([[0.2, 0.8], [0.9, 0.1]]), np.array([1, 1]))
    variable(0.5)
    """
    scores, labels = rows_and_classes("accuracy", y, t, late=True)
    classes = raw(noted(labels))
    if type(classes) not in NUMBERLESS:
        check_range("accuracy", classes, scores.shape)
    return Variable(as_array((scores.data.argmax(axis=1) == classes).mean()))


# -- numbers -----------------------------------------------------------------------------------------------------


@public
@in_single
def mean_squared_error(x0: ArrayLike, x1: ArrayLike) -> Variable:
    """sum((x0 - x1)**2) / N, N the number of samples: the length of the first axis.

    x0, x1: of one shape, but for axes of length one in front; ValueError otherwise.

    >>> mean_squared_error(Variable(np.array([1.0, 2.0])), np.array([1.0, 4.0]))
    variable(2.0)
    """
    difference = sub(*alike("mean_squared_error", x0, x1, "x0 x1"))
    return sum(difference * difference) / samples("mean_squared_error", difference)


@public
@in_single
def mean_squared_error_simple(x0: ArrayLike, x1: ArrayLike) -> Variable:
    """mean_squared_error as the formula stands.

    >>> mean_squared_error_simple(Variable(np.array([1.0, 2.0])), np.array([1.0, 4.0]))
    variable(2.0)
    """
    difference = sub(*alike("mean_squared_error_simple", x0, x1, "x0 x1"))
    return sum(difference**2) / samples("mean_squared_error_simple", difference)


@public
@in_single
def huber_loss(x: ArrayLike, t: ArrayLike, reduction: str = "mean", delta: float = 1.0) -> Variable:
    """d**2 / 2 where the difference d is at most delta, and delta (|d| - delta / 2) beyond.

    x, t: of one shape. At the bound the second derivative is that of the square. ValueError for shapes that differ,
    or a delta that is not positive. P. J. Huber, "Robust estimation of a location parameter" (1964).

    >>> huber_loss(Variable(np.array([0.5, 3.0])), np.zeros(2), reduction="none")
    variable([0.125 2.5  ])
    """
    if not delta > 0:
        raise ValueError(f"huber_loss: delta must be positive, got {delta!r}")
    difference = sub(*alike("huber_loss", x, t))
    near = clip(difference, -delta, delta)
    return reduced("huber_loss", near * (difference - near / 2), reduction)


@public
@in_single
def l1_loss(x: ArrayLike, t: ArrayLike, reduction: str = "mean") -> Variable:
    """|x - t|, of arrays of one shape (ValueError otherwise); its derivative is 0 where they are equal.

    >>> l1_loss(Variable(np.array([1.0, -3.0])), np.zeros(2))
    variable(2.0)
    """
    return reduced("l1_loss", abs(sub(*alike("l1_loss", x, t))), reduction)


@public
@in_single
def cosine_similarity(x0: ArrayLike, x1: ArrayLike, axis: int = 1, eps: float = 1e-8) -> Variable:
    """Cosine of the angle between vectors that lie along an axis: x0 . x1 / (|x0| |x1|), norms at least eps.

    x0, x1: of one shape; ValueError otherwise. For a vector of zeros it is 0, and so is its derivative in the other.

    >>> cosine_similarity(Variable(np.array([[1.0, 0.0]])), np.array([[1.0, 1.0]]))
    variable([0.70710678])
    """
    x0, x1 = alike("cosine_similarity", x0, x1, "x0 x1")
    for name, x in (("x0", x0), ("x1", x1)):
        refuse_complex("cosine_similarity", x, name)
    axis = axis_of("cosine_similarity", axis, x0.shape)
    # The bound is on the squared norm, whose derivative at a vector of zeros is 0; the norm has none there.
    first, second = (sqrt(at_least(sum(mul(x, x), axis), eps * eps)) for x in (x0, x1))
    return sum(mul(x0, x1), axis) / (first * second)


nll, hinge, huber, l1 = nll_loss, hinge_loss, huber_loss, l1_loss
for _name in ("nll", "hinge", "huber", "l1"):
    setattr(operations, _name, globals()[_name])
