"""Cases of dezero.functions.elementwise.hyperbolic."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Reals

CASES = [
    Case(F.sinh, Reals(-3, 3, also=[0.0]), mp="sinh"),
    Case(F.cosh, Reals(-3, 3, also=[0.0]), mp="cosh"),
    Case(F.tanh, Reals(-3, 3, also=[0.0]), mp="tanh", covers=("tanh_slope",)),
    Case(F.arcsinh, Reals(-9, 9, also=[0.0]), mp="asinh"),
    Case(F.arccosh, Reals(1.2, 9), mp="acosh", special=[(1.0, np.inf)]),
    Case(F.arctanh, Reals(-0.9, 0.9, also=[0.0, 0.9]), mp="atanh"),
]
