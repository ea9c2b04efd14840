"""Cases of dezero.functions.windows.upsampling."""

import dezero.functions as F
from dezero.testing import Case, Normal
from tests.functions import naive

CASES = [
    Case(F.upsample, Normal(1, 2, 2, 3), like=naive.upsample, covers=("spread_windows",)),
    Case(F.upsample, Normal(2, 1, 4), like=naive.upsample, scale=3, label="one axis"),
    Case(F.upsample, Normal(1, 2, 2, 3), like=naive.upsample, scale=(2, 3), mode="bilinear", label="bilinear"),
    Case(F.upsample, Normal(1, 1, 2, 1, 3), like=naive.upsample, mode="linear", label="linear, three axes"),
]
