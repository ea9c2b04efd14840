"""Cases of dezero.functions.special.sinc."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Reals

CANCELS = "sin(x) / x of complex numbers loses its imaginary part next to 0"


def exact_at_whole_numbers(x):
    """NumPy's sinc, which gives the rounding error of pi where sin(pi x) is 0."""
    return np.where(np.fmod(x, 1) == 0, 1.0 * (x == 0), np.sinc(x)).astype(np.sinc(x).dtype)


CASES = [
    Case(
        F.sinc,
        Reals(-9, 9, also=[0.0, 1e-3]),
        like=exact_at_whole_numbers,
        mp="sincpi",
        covers=("normalised_sine", "normalised_sine_derivative"),
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
