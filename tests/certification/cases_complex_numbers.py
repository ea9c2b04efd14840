"""Cases of dezero.functions.elementwise.complex_numbers: complex numbers made of two real arrays, and taken apart again."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Reals

PARTS = {"complex": "parts of complex numbers are not analytic"}


def polynomial(z):
    return (0.3 + 0.4j) * z * z + (1 - 2j) * z


def joined(a, b):
    return F.as_complex(a) + 1j * F.as_complex(b)


CASES = [
    Case(F.real, Reals(-2, 2), mp=lambda mp, x: x, without=PARTS, label="of real numbers"),
    Case(F.imag, Reals(-2, 2), mp=lambda mp, x: 0 * x, without=PARTS, label="of real numbers"),
    Case(
        F.angle,
        Reals(-2, 2, avoid=[0]),
        mp=lambda mp, x: mp.pi * (x < 0),
        special=[(0.0, 0.0)],
        without={**PARTS, "float16": "complex numbers begin at single precision"},
        label="of real numbers",
    ),
    *[
        Case(
            function,
            *(Reals(0.5, 2), Reals(-2, -0.5)),
            call=lambda a, b, f=function: F.real(polynomial(f(polynomial(joined(a, b))))),
            like=lambda a, b, f=like: polynomial(f(polynomial(a + 1j * b))).real,
            mp=lambda mp, a, b, m=in_mpmath: mp.re(polynomial(getattr(mp, m)(polynomial(mp.mpc(a, b))))),
            without=PARTS,
            covers=covers,
        )
        for function, like, in_mpmath, covers in (
            (F.real, np.real, "re", ()),
            (F.imag, np.imag, "im", ()),
            (F.conj, np.conj, "conj", ()),
            (F.as_complex, lambda x: x, "mpc", ()),
            (F.modulus, np.abs, "fabs", ("as_complex",)),
            (F.angle, np.angle, "arg", ()),
        )
    ],
    Case(
        F.angle,
        *(Reals(0.5, 2), Reals(-2, -0.5)),
        call=lambda a, b: F.angle(joined(a, b), deg=True),
        like=lambda a, b: np.angle(a + 1j * b, deg=True),
        mp=lambda mp, a, b: mp.degrees(mp.atan2(b, a)),
        without=PARTS,
        label="degrees",
    ),
]
