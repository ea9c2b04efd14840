"""What is known of an index before it is applied, against NumPy applying it; and every kind of index to order 3."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dezero.functions as F
from dezero import Variable, gradients, using_config
from dezero.functions.indexing._indices import axes_read, plain_index, positions_read, repeats, whole_axes
from tests.functions.alike import graph_size

SHAPES = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4)


@st.composite
def shapes_and_indices(draw):
    """Any index that NumPy takes: slices, numbers, new axes, an ellipsis, index arrays and masks side by side."""
    shape = draw(SHAPES)
    parts, axis = [], 0
    while axis < len(shape):
        n = shape[axis]
        kind = draw(st.sampled_from(["slice", "whole", "number", "new", "array", "mask", "stop"]))
        if kind == "stop":
            break
        if kind == "new":
            parts.append(None)
            continue
        numbers = st.integers(-n, n - 1)
        if kind == "slice":
            parts.append(draw(st.slices(n)))
        elif kind == "whole":
            parts.append(draw(st.sampled_from([slice(None), slice(0, n), slice(None, None, 1)])))
        elif kind == "number":
            parts.append(draw(numbers))
        elif kind == "array":
            parts.append(draw(hnp.arrays(np.int64, st.sampled_from([(2,), (1,), (3, 2), (3, 1)]), elements=numbers)))
        else:
            parts.append(np.arange(n) < draw(st.integers(1, 2)))
        axis += 1
    if draw(st.booleans()):
        at = draw(st.integers(0, len(parts)))
        parts.insert(at, Ellipsis)
        parts = parts[: at + 1] + parts[at + 1 :] if draw(st.booleans()) else parts[: at + 1]
    return shape, tuple(parts)


def applied(shape, index):
    """The places read, or None where NumPy refuses (arrays that do not broadcast, an ellipsis that moves others)."""
    try:
        return np.arange(np.prod(shape)).reshape(shape)[index]
    except IndexError:
        return None


@settings(max_examples=500)
@given(shapes_and_indices())
def test_the_places_read(example):
    shape, index = example
    read = applied(shape, index)
    if read is None:
        return
    np.testing.assert_array_equal(positions_read(index, shape), read)
    few, rest = axes_read(index, shape)
    assert np.prod(few, dtype=int) * rest == np.prod(shape)
    if np.unique(read).size < read.size:
        assert repeats(index)


@settings(max_examples=500)
@given(shapes_and_indices())
def test_axes_that_are_read_whole(example):
    shape, index = example
    read = applied(shape, index)
    if read is None:
        return
    for axis, place in whole_axes(shape, index).items():
        coordinate = np.unravel_index(read, shape)[axis]
        along = np.arange(shape[axis]).reshape(-1, *[1] * (-place - 1))
        np.testing.assert_array_equal(coordinate, np.broadcast_to(along, read.shape))


@pytest.mark.parametrize(
    ("index", "places"),
    [
        ((slice(None), [0, 0]), {-3: -3, -1: -1}),
        (([0, 0],), {-2: -2, -1: -1}),
        ((slice(None), 1), {-3: -2, -1: -1}),
        ((0, slice(None), [0, 1, 1]), {-2: -1}),
        ((slice(None), slice(None, None, -1)), {-3: -3, -1: -1}),
        ((None, Ellipsis, None), {-3: -4, -2: -3, -1: -2}),
        (([[0], [1]], [0, 1]), {-1: -1}),
        ((Ellipsis, [0], None), {-3: -4, -2: -3}),
        ((True,), {}),
    ],
    ids=str,
)
def test_known_axes(index, places):
    assert whole_axes((2, 3, 4), plain_index(index)) == places


X = np.arange(1.0, 13.0).reshape(3, 4) / 12
KINDS = {
    "number": (1,),
    "slices": (slice(None, None, -2), slice(1, None)),
    "new axes": (None, slice(1, None), None, 2),
    "ellipsis": (Ellipsis, -1),
    "index array, elements again": (np.array([0, 2, 2, 0]),),
    "index array of two axes": (np.array([[0, 1], [1, 1]]),),
    "index arrays that broadcast": (np.array([[0], [1]]), np.array([0, 0, 3])),
    "index arrays apart": (np.array([0, 1]), None, np.array([1, 1])),
    "slice and index array": (slice(None), np.array([3, 0, 0])),
    "number and index array": (0, np.array([1, 1])),
    "mask": (X > 0.4,),
    "mask of an axis": (slice(None), np.array([True, False, True, True])),
    "mask and index array": (np.array([True, False, True]), np.array([2, 2])),
    "nothing": (np.array([], int),),
    "numpy.True_": (np.True_,),
}


@pytest.mark.parametrize("index", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("reading", ["raw", "rewritten", "plain"])
def test_three_orders_through_an_index(index, reading):
    """sum w sin(x[i]) has derivatives cos, -sin, -cos of each element, weighted where it is read."""
    read = np.arange(12).reshape(3, 4)[index]
    w = np.cos(np.arange(read.size)).reshape(read.shape)
    total = np.zeros(12)
    np.add.at(total, read.ravel(), w.ravel())
    total = total.reshape(3, 4)
    x = Variable(X.copy())
    with using_config("simplify", reading != "plain"):
        y = F.sum(w * F.sin(x[index]))
        for order, expected in enumerate([np.cos(X), -np.sin(X), -np.cos(X)], 1):
            last = reading == "raw" and order == 3
            (y,) = gradients(y, x, create_graph=not last)
            np.testing.assert_allclose(y.data, total * expected, rtol=1e-13, atol=1e-15)


def test_columns_by_index_array_keep_rows_apart():
    """Were rows taken for mixed, the graph of the ninth derivative would have thousands of nodes."""
    x = Variable(np.linspace(-1, 1, 5)[:, None])
    h = F.tanh(x * np.array([[0.3, -0.7, 0.5]]))
    y = h[:, [0, 2, 2]] * h[:, np.array([True, True, False])][:, :1] + h[..., 1, None]
    for _ in range(9):
        (y,) = gradients(y, x, create_graph=True)
    assert graph_size(y) < 500
