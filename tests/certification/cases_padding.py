"""Cases of dezero.functions.arrays.padding."""

import dezero.functions.arrays.padding as P
from dezero.testing import Case, Normal

CASES = [
    Case(P.pad, Normal(2, 3), pad_width=((1, 2), (0, 1)), label="zeros"),
    Case(
        P.pad,
        Normal(2, 3),
        pad_width=(1, 2),
        constant_values=((1.0, 2.0), (3.0, 4.0)),
        label="constants",
    ),
    *[
        Case(P.pad, Normal(4), pad_width=(2, 3), mode=mode, label=mode, covers=["pad_axis", "fold_axis"])
        for mode in ("edge", "reflect", "symmetric", "wrap")
    ],
    *[
        Case(P.pad, Normal(2, 3), pad_width=((4, 1), (0, 5)), mode=mode, label=f"{mode}, wider than the array")
        for mode in ("reflect", "symmetric", "wrap")
    ],
]
