"""Cases of dezero.functions.indexing.updating."""

import numpy as np

import dezero.functions.indexing.updating as U
from dezero.testing import Case, Normal

MASK = np.array([[True, False, True], [False, True, True]])
CAST = {"complex": "NumPy casts the values to the dtype of the array"}
SHAPES = {"empty": "the index does not fit an array without elements"}


def written(x, index, values):
    y = np.array(x, np.result_type(x, values))
    y[index] = values
    return y


def added(x, index, values):
    y = np.array(x, np.result_type(x, values))
    np.add.at(y, index, values)
    return y


def case(function, reference, label, shape, values, index, **more):
    return Case(
        function,
        Normal(*shape),
        Normal(*values),
        call=lambda x, v: function(x, index, v),
        like=lambda x, v: reference(x, index, v),
        label=label,
        **more,
    )


CASES = [
    case(U.index_update, written, "integer", (3, 2), (2,), 1, covers=["index_clear"]),
    case(U.index_update, written, "slices", (3, 4), (3, 2), (slice(None), slice(None, None, 2))),
    case(U.index_update, written, "a column for all rows", (3, 4), (3,), (slice(None), 1)),
    case(U.index_update, written, "index arrays", (3, 4), (2, 3), (slice(1, None), [3, 0, 2]), without=SHAPES),
    case(U.index_update, written, "elements again", (4,), (5,), [0, 2, 2, 0, -2], without=SHAPES),
    case(U.index_update, written, "mask", (2, 3), (4,), MASK, without=SHAPES),
    case(U.index_update, written, "broadcast values", (2, 3), (), (slice(None), [0, 2]), without=SHAPES),
    case(U.index_add, added, "elements again", (4,), (5,), [0, 2, 2, 0, -1], without=SHAPES, covers=["scatter"]),
    case(U.index_add, added, "rows", (3, 2), (4, 2), [0, 0, 2, 1], without=SHAPES),
    case(U.index_add, added, "slices", (3, 4), (2,), (slice(None), slice(1, 3))),
    Case(U.delete, Normal(3, 4), obj=[0, 2], axis=1),
    Case(U.delete, Normal(2, 3), obj=1, label="ravelled"),
    Case(U.delete, Normal(5), obj=slice(0, None, 2), label="slice"),
    Case(
        U.insert,
        Normal(4),
        Normal(),
        call=lambda x, v: U.insert(x, 1, v),
        like=lambda x, v: np.insert(x, 1, v),
        without=CAST,
    ),
    Case(
        U.insert,
        Normal(3, 2),
        Normal(3),
        call=lambda x, v: U.insert(x, 1, v, axis=1),
        like=lambda x, v: np.insert(x, 1, v, axis=1),
        label="one column",
        without=CAST,
    ),
    Case(
        U.insert,
        Normal(2, 3),
        Normal(2, 2),
        call=lambda x, v: U.insert(x, [0, 3], v, axis=1),
        like=lambda x, v: np.insert(x, [0, 3], v, axis=1),
        label="columns",
        without=CAST,
    ),
]
