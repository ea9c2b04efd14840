"""Optimizers, the hooks that change gradients before a step, and schedules of learning rates."""

from importlib import import_module
from typing import Any

from dezero.optimizers.adam import Adam, AdamW
from dezero.optimizers.adaptive import AdaDelta, AdaGrad, RMSprop
from dezero.optimizers.hooks import ClipGrad, FreezeParam, WeightDecay
from dezero.optimizers.lion import Lion
from dezero.optimizers.optimizer import Optimizer
from dezero.optimizers.schedules import CosineDecay, ExponentialDecay, LinearWarmup, PiecewiseConstant, StepDecay
from dezero.optimizers.sgd import SGD, MomentumSGD

__all__ = [
    "LBFGS",
    "SGD",
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "AdamW",
    "ClipGrad",
    "CosineDecay",
    "ExponentialDecay",
    "FreezeParam",
    "GaussNewton",
    "LevenbergMarquardt",
    "LinearWarmup",
    "Lion",
    "MomentumSGD",
    "NewtonCG",
    "Optimizer",
    "PiecewiseConstant",
    "RMSprop",
    "Shampoo",
    "StepDecay",
    "WeightDecay",
]

# What needs the derivatives room loads when first named: it takes five times as long as all the others.
_LATER = {
    "GaussNewton": "gauss_newton",
    "LBFGS": "lbfgs",
    "LevenbergMarquardt": "gauss_newton",
    "NewtonCG": "newton_cg",
    "Shampoo": "shampoo",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(f"dezero.optimizers.{_LATER[name]}"), name)
    raise AttributeError(f"module 'dezero.optimizers' has no attribute {name!r}")
