"""The programs of a right side's derivatives hold at other places than where they were traced."""

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import Variable
from dezero.derivatives.packing import Packing
from dezero.ode.compiled import compiled
from dezero.ode.problem import Problem
from dezero.ode.rates import Rates, Retraced
from dezero.rewriting.program import on_arrays


def square(y):
    return F.reshape(y, (2, 2))


FUNCTIONS = {
    "max": lambda y: F.max(y) * y,
    "sort": lambda y: F.sort(y) * np.arange(4),
    "kinks": lambda y: F.clip(y, -0.5, 0.5) + F.abs(y) * F.relu(y) + F.floor(y) * y,
    "norm": lambda y: y / F.norm(y),
    "prod": lambda y: F.prod(y) * F.cumsum(y),
    "inv": lambda y: F.reshape(F.inv(square(y)), (4,)),
    "solve": lambda y: F.concatenate([F.solve(square(y), y[:2]), y[2:]], axis=0),
    "powers": lambda y: y**2 + F.abs(y) ** y,
    "interp": lambda y: F.interp(y, np.linspace(-2, 2, 9), np.sin(np.arange(9.0))),
    "convolve": lambda y: F.convolve(y, np.array([1.0, 2.0, 3.0]), "same"),
    "fft": lambda y: F.real(F.fft(y)),
    "eigh": lambda y: F.concatenate([F.eigh(square(y) + square(y).T)[0], y[:2]], axis=0),
    "stack": lambda y: F.stack([y[0], y[1] * y[2], F.sin(y[3]), y[0]], axis=0),
    "stack columns": lambda y: F.reshape(F.stack([y[:2], y[2:] ** 2], axis=-1), (4,)),
    "a comparison": lambda y: F.where(y > 0.2, y * y, -y),
    "constant": lambda y: Variable(np.arange(4.0)),
}


def right_side(f, start):
    return Problem(lambda y, t: f(y), Packing("odeint", start, "y0"), start, [0.0, 1.0], ()).traced.right_side()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_tangents_and_cotangents_elsewhere(name):
    f, rng = FUNCTIONS[name], np.random.default_rng(1)
    rates = right_side(f, rng.normal(size=4))
    assert isinstance(rates, Retraced if name == "a comparison" else Rates)
    for _ in range(3):
        y, weights = rng.normal(size=(2, 4))
        exact = np.zeros((4, 4)) if name == "constant" else dezero.jacobian(f)(y).data
        t = np.float64(0)
        np.testing.assert_allclose(rates.value(y, t), f(Variable(y)).data, rtol=1e-12)
        np.testing.assert_allclose(rates.jacobian(y, t), exact, rtol=1e-11, atol=1e-12)
        found = rates.cotangents((), np.concatenate([y, weights]), t)
        np.testing.assert_allclose(found, weights @ exact, rtol=1e-10, atol=1e-11)


def test_a_compiled_program_gives_what_its_steps_give():
    rates = right_side(lambda y: -F.exp(y)[::-1] / (F.sum(y * y) + 1) - F.reshape(y, (2, 2)).reshape(4), np.ones(4))
    y = np.array([0.1, -0.3, 0.7, 2.0])
    (exact,) = rates.program.run(on_arrays, [y, np.float64(0)])
    np.testing.assert_array_equal(compiled(rates.program, rates.shapes)(y, np.float64(0)), exact)


def test_equal_right_sides_share_their_programs():
    a, b = [right_side(lambda y: F.sin(y) * 2.5, start) for start in (np.ones(3), np.zeros(3))]
    assert a is b
    assert right_side(lambda y: F.sin(y) * 2.5, np.ones(4)) is not a
    assert right_side(lambda y: F.sin(y) * 3.5, np.ones(3)) is not a
