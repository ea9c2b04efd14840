"""Cases of dezero.functions.nn.recurrent."""

import dezero.functions as F
from dezero.testing import Case, Normal
from tests.functions import naive

CASES = [
    Case(
        F.lstm,
        Normal(2, 2, 1),
        Normal(2, 1),
        Normal(2, 1),
        Normal(1, 4),
        Normal(1, 4),
        Normal(4),
        call=lambda *args: F.concatenate([y.reshape(-1) for y in F.lstm(*args)[::2]]),
        like=naive.lstm,
        without={"empty": "the sizes of the arguments depend on each other"},
    ),
]
