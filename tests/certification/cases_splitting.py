"""Cases of dezero.functions.arrays.splitting."""

import numpy as np

import dezero.functions.arrays.splitting as S
from dezero.testing import Case, Normal

NONE = {"empty": "an axis without elements gives no arrays"}

CASES = [
    Case(S.split, Normal(4, 3), indices_or_sections=2),
    Case(S.split, Normal(2, 6), indices_or_sections=[1, 4], axis=1, label="places"),
    Case(S.array_split, Normal(5, 2), indices_or_sections=3),
    Case(S.vsplit, Normal(4, 3), indices_or_sections=2),
    Case(S.hsplit, Normal(3, 4), indices_or_sections=[1]),
    Case(S.hsplit, Normal(4), indices_or_sections=2, label="one axis"),
    Case(S.dsplit, Normal(2, 3, 4), indices_or_sections=2),
    Case(S.unstack, Normal(2, 3), like=lambda x, axis: tuple(np.moveaxis(x, axis, 0)), axis=1, without=NONE),
]
