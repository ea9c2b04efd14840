"""Cases of dezero.functions.arrays.dtype."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Normal

CASES = [
    Case(
        F.astype,
        Normal(2, 3),
        call=lambda x: F.astype(x, np.float64) * F.astype(x, np.float64),
        like=lambda x: x.astype(np.float64) ** 2,
        without={
            "float32": "changing the dtype is its purpose",
            "complex": "complex numbers would be cut to real ones",
        },
    ),
]
