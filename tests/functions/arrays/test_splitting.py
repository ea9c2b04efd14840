"""An array cut into a tuple of arrays: as NumPy does."""

import numpy as np
import pytest

import dezero.functions.arrays.splitting as S
from dezero import Variable, gradients
from dezero.core.registry import values
from tests.functions.alike import assert_alike, assert_refused

C = np.arange(48.0).reshape(4, 6, 2)


@pytest.mark.parametrize("where", [1, 2, [1], [0, 3, 3], [2, 9], [3, 1], [-2, 2], [], np.array([1, 2])], ids=str)
@pytest.mark.parametrize("axis", [0, 1, -2])
def test_split(where, axis):
    assert_alike(lambda x: np.split(x, where, axis), C)


@pytest.mark.parametrize("sections", [1, 2, 3, 4, 5, 6, 7, 20])
def test_array_split(sections):
    assert_alike(lambda x: np.array_split(x, sections, axis=1), C)
    assert_alike(lambda x: np.array_split(x, range(0, 6, 1)[:sections], axis=1), C)


def test_splits_along_certain_axes():
    assert_alike(lambda x: np.vsplit(x, 2), C)
    assert_alike(lambda x: np.hsplit(x, [1, 4]), C)
    assert_alike(lambda x: np.dsplit(x, 2), C)
    assert_alike(lambda x: np.hsplit(x, 3), np.arange(6.0))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_unstack(axis):
    found = S.unstack(Variable(C), axis)
    assert isinstance(found, tuple)
    for i, part in enumerate(found):
        np.testing.assert_array_equal(part.data, C.take(i, axis), strict=True)


@pytest.mark.parametrize("count", [3, 4, 5, 8, 9, 23])
def test_gradients_of_many_parts(count):
    x = Variable(np.arange(2.0 * count).reshape(count, 2))
    y = sum([(i + 1) * part**2 for i, part in enumerate(S.unstack(x))])
    np.testing.assert_array_equal(gradients(y, x)[0].data, 2 * x.data * np.arange(1, count + 1)[:, None])


def test_many_parts_are_not_each_put_into_the_whole(monkeypatch):
    """Backward from 512 parts fills arrays of twice 9 times their size, not of 512 times."""
    filled, scatter = [], values.scatter

    def counting(g, index, shape):
        filled.append(np.prod(shape))
        return scatter(g, index=index, shape=shape)

    monkeypatch.setattr(values, "scatter", counting)
    x = Variable(np.ones(512))
    gradients(sum(S.unstack(x)), x)
    assert 512 <= sum(filled) <= 2 * 9 * 512


V = Variable(C)
REFUSED = [
    (lambda: S.split(V, 4, axis=1), ValueError, ["split", "4 sections", "axis 1", "(4, 6, 2)", "array_split"]),
    (lambda: S.split(V, 0), ValueError, ["split", "positive", "0"]),
    (lambda: S.array_split(V, -1), ValueError, ["array_split", "positive", "-1"]),
    (lambda: S.split(V, 2, axis=3), ValueError, ["split", "axis 3", "(4, 6, 2)"]),
    (lambda: S.split(V, 1.5), TypeError, ["split", "indices_or_sections", "1.5"]),
    (lambda: S.split(V, [0.5]), TypeError, ["split", "indices_or_sections", "0.5"]),
    (lambda: S.vsplit(Variable(np.ones(4)), 2), ValueError, ["vsplit", "(4,)", "2 axes"]),
    (lambda: S.hsplit(Variable(np.array(1.0)), 2), ValueError, ["hsplit", "()"]),
    (lambda: S.dsplit(Variable(np.ones((4, 2))), 2), ValueError, ["dsplit", "(4, 2)", "3 axes"]),
    (lambda: S.vsplit(V, 3), ValueError, ["vsplit", "3 sections"]),
    (lambda: S.unstack(V, 3), ValueError, ["unstack", "axis 3"]),
]


@pytest.mark.parametrize(("call", "error", "parts"), REFUSED, ids=[" ".join(parts[:2]) for *_, parts in REFUSED])
def test_what_is_refused(call, error, parts):
    assert_refused(call, error, *parts)
