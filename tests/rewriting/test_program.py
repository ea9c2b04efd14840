"""Programs: what was computed, run again in other readings and on other values."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable, gradients
from dezero.rewriting.program import Program, on_arrays, on_variables


class Cube(Function):
    def forward(self, x):
        return x**3

    def backward(self, g):
        return 3 * self.inputs[0] ** 2 * g


def traced(f, *values):
    leaves = [Variable(np.asarray(v, float)) for v in values]
    return Program.traced("test", leaves, [f(*leaves)])


def test_it_runs_on_other_values_as_arrays_and_recorded():
    program = traced(lambda x, y: F.sin(x * y) + 2 * x, 0.3, 0.4)
    (y,) = program.run(on_arrays, [np.array(1.0), np.array(2.0)])
    assert y == pytest.approx(np.sin(2) + 2)
    x, z = Variable(np.array(1.0)), Variable(np.array(2.0))
    (y,) = program.run(on_variables, [x, z])
    assert gradients(y, x)[0].item() == pytest.approx(2 * np.cos(2) + 2)


def test_equal_computations_have_one_key_and_others_do_not():
    def key(f, *values):
        return traced(f, *values).key

    assert key(lambda x: F.sin(x) * 2, 0.3) == key(lambda x: F.sin(x) * 2, 0.7)
    assert hash(key(lambda x: F.sin(x) * 2, 0.3)) == hash(key(lambda x: F.sin(x) * 2, 0.7))
    others = [
        key(lambda x: F.sin(x) * 3, 0.3),
        key(lambda x: F.cos(x) * 2, 0.3),
        key(lambda x: F.sin(x) * 2, [0.3]),
        key(lambda x: F.sin(x) * 2.0, 0.3),
        key(lambda x: F.sum(F.sin(x) * np.ones(3)), [1.0, 2.0, 3.0]),
        key(lambda x: F.sum(F.sin(x) * np.arange(3)), [1.0, 2.0, 3.0]),
        key(lambda x: F.sum(F.sin(x), axis=0), [[1.0, 2.0]]),
        key(lambda x: F.sum(F.sin(x), axis=1), [[1.0, 2.0]]),
    ]
    assert len({*others, key(lambda x: F.sin(x) * 2, 0.3)}) == len(others) + 1
    assert key(lambda x: Cube()(x), 0.3) is None


def test_what_happens_to_the_arrays_afterwards_changes_nothing():
    scale, x = np.array([1.0, 2.0]), Variable(np.array([3.0, 4.0]))
    program = Program.traced("test", [x], [F.sum(x * scale)])
    scale[:] = 0
    assert program.run(on_arrays, [np.array([3.0, 4.0])]) == [11.0]


def test_updates_change_the_inputs_together():
    x, y = Variable(np.array(3.0)), Variable(np.array(5.0))
    program = Program.traced("test", [x, y], [x * y], updates={x: x + y, y: x})
    assert program.step([x, y]) == [15.0]
    assert (x.item(), y.item()) == (8.0, 3.0)
    assert program.step([x, y]) == [24.0]
    assert (x.item(), y.item()) == (11.0, 8.0)
    assert program.key != Program.traced("test", [x, y], [x * y]).key
