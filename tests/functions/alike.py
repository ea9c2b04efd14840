"""NumPy called on Variables and on arrays: the results are alike."""

import numpy as np
import pytest

from dezero import Variable


def assert_alike(call, *arrays):
    """call(*arrays), in NumPy's functions, gives Variables of the same values, shapes and dtypes as arrays."""
    found, expected = call(*[Variable(a.copy()) for a in arrays]), call(*arrays)
    several = isinstance(expected, tuple | list)
    assert isinstance(found, tuple) == several
    pairs = zip(found, expected, strict=True) if several else [(found, expected)]
    for y, e in pairs:
        assert type(y) is Variable
        np.testing.assert_array_equal(y.data, np.asarray(e), strict=True)


def assert_refused(call, error, *parts):
    """call() raises this error, and its message holds each of the parts."""
    with pytest.raises(error) as raised:
        call()
    assert [part for part in parts if part not in str(raised.value)] == []


def graph_size(y):
    """How many Variables a result was computed from, itself included."""
    waiting, found = [y], set()
    while waiting:
        node = waiting.pop()
        if id(node) not in found:
            found.add(id(node))
            waiting += [] if node.creator is None else node.creator.inputs
    return len(found)
