"""Cases of dezero.functions.special.sinc."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Reals

CANCELS = "sin(x) / x of complex numbers loses its imaginary part next to 0"

CASES = [
    Case(
        F.sinc,
        Reals(-9, 9, also=[0.0, 1e-3]),
        mp="sincpi",
        special=[(0.0, 0.0)],
        without={"complex": CANCELS},
    ),
    Case(
        "cardinal_sine",
        Reals(-9, 9, also=[0.0, 1e-3]),
        like=lambda x: np.sinc(x / np.pi),
        mp="sinc",
        special=[(0.0, 0.0)],
        covers=("cardinal_sine_derivative",),
        without={"complex": CANCELS},
    ),
]
