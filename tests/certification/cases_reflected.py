"""Cases of dezero.functions.elementwise.reflected."""

import dezero.functions as F
from dezero.testing import Case, Reals

CASES = [
    Case(F.rsub, Reals(-3, 3), Reals(-3, 3), like=lambda a, b: b - a, mp=lambda mp, a, b: b - a),
    Case(F.rdiv, Reals(0.5, 3), Reals(-3, 3), like=lambda a, b: b / a, mp=lambda mp, a, b: b / a),
]
