"""Cases of dezero.functions.nn.embedding."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Normal

CASES = [
    Case(
        F.embed_id,
        Normal(4, 3),
        call=lambda W: F.embed_id(np.array([[1, 3], [3, 0]]), W),
        like=lambda W: W[np.array([[1, 3], [3, 0]])],
    )
]
