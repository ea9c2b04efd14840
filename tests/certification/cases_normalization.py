"""Cases of dezero.functions.nn.normalization."""

import numpy as np

import dezero.functions as F
from dezero import test_mode
from dezero.testing import Case, Normal
from tests.functions import naive

MEAN, VAR = np.array([0.3, -0.2]), np.array([1.5, 0.7])


def in_training(x, gamma, beta):
    return F.batch_norm(x, gamma, beta, MEAN.copy(), VAR.copy())


def in_use(x, gamma, beta):
    with test_mode():
        return F.batch_norm(x, gamma, beta, MEAN, VAR)


def in_use_reference(x, gamma, beta):
    kind = np.float32 if x.dtype == np.float32 else np.float64
    return naive.batch_norm_in_use(x, gamma, beta, MEAN.astype(kind), VAR.astype(kind))


CASES = [
    Case(
        F.batch_norm,
        Normal(3, 2, 2, 1),
        Normal(2),
        Normal(2),
        call=in_training,
        like=naive.batch_norm,
        covers=("standardize", "standardize_pull", "scale_shift", "scale_channels", "channel_dot", "channel_sum"),
    ),
    Case(F.batch_norm, Normal(4, 2), Normal(2), Normal(2), call=in_training, like=naive.batch_norm, label="two axes"),
    Case(F.batch_norm, Normal(3, 2, 2), Normal(2), Normal(2), call=in_use, like=in_use_reference, label="in use"),
    Case(F.layer_norm, Normal(2, 4), Normal(4), Normal(4), like=naive.layer_norm),
    Case(F.layer_norm, Normal(2, 2, 3), Normal(2, 3), like=naive.layer_norm, axes=2, label="two axes"),
    Case(
        F.group_norm,
        Normal(2, 4, 3),
        Normal(4),
        Normal(4),
        call=lambda x, gamma, beta: F.group_norm(x, 2, gamma, beta),
        like=lambda x, gamma, beta: naive.group_norm(x, 2, gamma, beta),
    ),
    Case(F.instance_norm, Normal(2, 2, 2, 3), Normal(2), Normal(2), like=naive.instance_norm),
    Case(F.instance_norm, Normal(2, 2, 4), like=naive.instance_norm, label="no scale"),
]
