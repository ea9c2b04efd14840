"""PyTorch's losses and their counterparts here."""

import math

import dezero.functions as F
from dezero import Variable
from tests.peers.opinfo.adapting import OutOfScope, reduced, whole


def no_old_names(size_average=None, reduce=None):
    if size_average is not None or reduce is not None:
        raise OutOfScope("size_average, reduce")


def samples(x):
    """DeZero's losses are divided by the number of samples, PyTorch's by that of elements."""
    return (x.shape[0] if x.ndim else 1) / x.size


def mse_loss(x, t, reduction="mean"):
    return F.mean_squared_error(x, t) * samples(x) if reduction == "mean" else reduced((x - t) ** 2, reduction)


def l1_loss(x, t, reduction="mean"):
    return F.l1_loss(x, t, reduction)


def huber_loss(x, t, reduction="mean", delta=1.0):
    return F.huber_loss(x, t, reduction, delta)


def smooth_l1_loss(x, t, reduction="mean", beta=1.0):
    if beta == 0:
        return F.l1_loss(x, t, reduction)
    return F.huber_loss(x, t, reduction, beta) / beta


def kl_div(x, t, size_average=None, reduce=None, reduction="mean", log_target=False):
    no_old_names(size_average, reduce)
    if reduction == "batchmean":
        return F.kl_div(x, t, "sum", log_target) / (x.shape[0] if x.ndim else 1)
    return F.kl_div(x, t, reduction, log_target)


def nll_loss(x, t, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    no_old_names(size_average, reduce)
    t = whole(t)
    if weight is not None or (t == ignore_index).any():
        raise OutOfScope("weights of classes, labels to ignore")
    if x.ndim == 1:
        loss = F.nll_loss(F.reshape(x, (1, -1)), t.reshape(1), reduction)
        return F.reshape(loss, ()) if reduction == "none" else loss
    if x.ndim > 2:
        flat = F.nll_loss(F.reshape(F.moveaxis(x, 1, -1), (-1, x.shape[1])), t.reshape(-1), reduction)
        return F.reshape(flat, t.shape) if reduction == "none" else flat
    return F.nll_loss(x, t, reduction)


def cross_entropy(x, t, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean",
                  label_smoothing=0.0):  # fmt: skip
    no_old_names(size_average, reduce)
    if weight is not None or label_smoothing:
        raise OutOfScope("weights of classes, smoothed labels")
    if t.dtype.kind == "f":
        raise OutOfScope("probabilities as labels")
    t = whole(t)
    if (t == ignore_index).any():
        raise OutOfScope("labels to ignore")
    if reduction == "mean" and x.ndim == 2:
        return F.softmax_cross_entropy(x, t)
    return nll_loss(F.log_softmax(x, axis=1 if x.ndim > 1 else 0), t, reduction=reduction)


def binary_cross_entropy(p, t, weight=None, size_average=None, reduce=None, reduction="mean"):
    no_old_names(size_average, reduce)
    if weight is None and reduction == "mean":
        return F.binary_cross_entropy(p, t) * samples(p)
    raise OutOfScope("weight, reduction")


def with_logits(x, t, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None):
    no_old_names(size_average, reduce)
    if weight is not None or pos_weight is not None or reduction != "mean":
        raise OutOfScope("weight, pos_weight, reduction")
    return F.sigmoid_cross_entropy(x, t) * samples(x)


def hinge_embedding_loss(x, t, margin=1.0, size_average=None, reduce=None, reduction="mean"):
    t = t.data if isinstance(t, Variable) else t
    values = F.where(t != -1, x, 0) + F.where(t != 1, F.relu(margin - x), 0)
    return reduced(values, reduction)


def margin_ranking_loss(x, y, t, margin=0.0, size_average=None, reduce=None, reduction="mean"):
    return reduced(F.relu(-t * (x - y) + margin), reduction)


def soft_margin_loss(x, t, size_average=None, reduce=None, reduction="mean"):
    return reduced(F.softplus(-t * x), reduction)


def poisson_nll_loss(x, t, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction="mean"):
    values = F.exp(x) - t * x if log_input else x - t * F.log(x + eps)
    if full:
        large = t.data > 1 if isinstance(t, Variable) else t > 1
        safe = F.where(large, t, 1.0)
        values = values + F.where(large, safe * F.log(safe) - safe + 0.5 * F.log(2 * math.pi * safe), 0.0)
    return reduced(values, reduction)


def gaussian_nll_loss(x, t, var, full=False, eps=1e-6, reduction="mean"):
    if var.shape != x.shape and var.ndim == x.ndim - 1:
        var = F.expand_dims(var, -1)
    clamped = F.maximum(F.where(var.data < eps, eps, var), 0)
    values = 0.5 * (F.log(clamped) + (x - t) ** 2 / clamped)
    return reduced(values + 0.5 * math.log(2 * math.pi) if full else values, reduction)


def distance(a, b, p=2.0, eps=1e-6):
    return F.norm(a - b + eps, p, -1)


def triplet_margin_loss(a, p, n, margin=1.0, p_norm=2, eps=1e-6, swap=False, reduction="mean", **more):
    far = distance(a, n, p_norm, eps)
    if swap:
        far = F.minimum(far, distance(p, n, p_norm, eps))
    return reduced(F.relu(distance(a, p, p_norm, eps) - far + margin), reduction)


def triplet(a, p, n, margin=1.0, swap=False, reduction="mean", eps=1e-6, distance_function=None, **more):
    return triplet_margin_loss(a, p, n, margin, more.get("p", 2), eps, swap, reduction)


def multilabel_soft_margin_loss(x, t, weight=None, size_average=None, reduce=None, reduction="mean"):
    values = t * F.softplus(-x) + (1 - t) * F.softplus(x)
    values = values if weight is None else values * weight
    return reduced(F.mean(values, axis=-1), reduction)


OPS = {
    "nn.functional.mse_loss": mse_loss,
    "nn.functional.l1_loss": l1_loss,
    "nn.functional.huber_loss": huber_loss,
    "nn.functional.smooth_l1_loss": smooth_l1_loss,
    "nn.functional.kl_div": kl_div,
    "nn.functional.nll_loss": nll_loss,
    "nn.functional.cross_entropy": cross_entropy,
    "nn.functional.binary_cross_entropy": binary_cross_entropy,
    "nn.functional.binary_cross_entropy_with_logits": with_logits,
    "nn.functional.hinge_embedding_loss": hinge_embedding_loss,
    "nn.functional.margin_ranking_loss": margin_ranking_loss,
    "nn.functional.soft_margin_loss": soft_margin_loss,
    "nn.functional.poisson_nll_loss": poisson_nll_loss,
    "nn.functional.gaussian_nll_loss": gaussian_nll_loss,
    "nn.functional.triplet_margin_loss": triplet,
    "nn.functional.triplet_margin_with_distance_loss": triplet,
    "nn.functional.multilabel_soft_margin_loss": multilabel_soft_margin_loss,
}
