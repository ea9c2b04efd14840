"""Cross entropy by labels that are arguments of a compiled function."""

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import Variable


def loss_and_slope(x, t):
    loss = F.softmax_cross_entropy(x, t)
    return loss, *dezero.gradients(loss, x, create_graph=True)


@pytest.fixture
def scores():
    return Variable(np.random.default_rng(0).standard_normal((4, 3)) * 5)


@pytest.mark.parametrize("kind", [lambda t: t, Variable])
def test_labels_are_read_at_each_call(scores, kind):
    run = dezero.compile(loss_and_slope)
    for labels in ([0, 1, 2, 0], [2, 2, 1, 0]):
        t = np.array(labels)
        for found, wanted in zip(run(scores, kind(t)), loss_and_slope(scores, t), strict=True):
            np.testing.assert_allclose(found.data, wanted.data, rtol=1e-13)
    assert run.cache_info().misses == 1


@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_that_is_no_class_gives_no_number(scores, label):
    pytest.importorskip("llvmlite")
    run = dezero.compile(loss_and_slope, fallback="error")
    loss, slope = run(scores, np.array([0, label, 2, 0]))
    assert np.isnan(loss.data)
    assert np.isnan(slope.data).any(1).tolist() == [False, True, False, False]


def test_labels_of_another_kind_are_refused_while_tracing(scores):
    with pytest.raises(TypeError, match="t must hold whole numbers"):
        dezero.compile(loss_and_slope)(scores, np.zeros(4))
    with pytest.raises(ValueError, match="one class for each"):
        dezero.compile(loss_and_slope)(scores, np.zeros(3, int))
