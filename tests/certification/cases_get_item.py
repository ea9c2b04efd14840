"""Cases of dezero.functions.indexing.get_item."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Normal

MASK = np.array([[True, False, True], [False, True, True]])


def case(label, *shape, index, **more):
    return Case(F.get_item, Normal(*shape), call=lambda x: x[index], like=lambda x: x[index], label=label, **more)


CASES = [
    case("integer", 3, 2, index=1, covers=["scatter"]),
    case("slice", 5, index=slice(1, None, 2)),
    case("slices, rows kept", 3, 4, index=(slice(None), slice(-1, 0, -2))),
    case("ellipsis and new axis", 2, 3, 2, index=(Ellipsis, None, 1)),
    case("one element", 2, 3, index=(1, -1)),
    case("index array, elements again", 4, index=np.array([0, 2, 2, -1]), covers=["scatter"]),
    case("index arrays that broadcast", 3, 4, index=(np.array([[0], [2]]), np.array([1, 1, 3]))),
    case("slice and index array", 3, 4, index=(slice(None), [0, 0, 2])),
    case("boolean mask", 2, 3, index=MASK),
    case("nothing", 3, 2, index=slice(0, 0)),
]
