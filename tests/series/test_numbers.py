"""Series of single numbers: every operation on 0-d arrays, before and behind what reshapes and indexes them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import dezero.functions as F
from dezero import Variable, jet, jvp
from dezero.series import Expansion
from dezero.testing import load
from dezero.testing.problem import outputs, sampled
from tests.derivatives.operators.everywhere import HERE

CASES = [case for cases in load(HERE).values() for case in cases if case.elementwise and "0-d" not in case.without]
AROUND = {
    "nothing": lambda v: v,
    "ellipsis": lambda v: v[...],
    "empty index": lambda v: v[()],
    "new axis": lambda v: F.sum(v[None]),
    "mask": lambda v: F.sum(v[np.array(True)]),
    "reshape": lambda v: F.reshape(v, (1, 1))[0, 0],
    "transpose": lambda v: F.transpose(v),
    "sum": lambda v: F.sum(v),
    "astype": lambda v: F.astype(v, float),
    "broadcast": lambda v: F.broadcast_to(v, (2, 1))[1, 0],
    "expand_dims": lambda v: F.squeeze(F.expand_dims(v, 0)),
    "stack": lambda v: F.stack([v, v])[1],
    "concatenate": lambda v: F.concatenate([v[None], v[None]])[0],
}


def first_output(case):
    def f(*xs):
        return outputs(case.f(*xs))[0]

    return f


@pytest.mark.parametrize("record", [False, True])
@pytest.mark.parametrize("name", AROUND)
def test_a_number_moved_about_is_that_number(name, record):
    g, p = AROUND[name], (np.array(0.7),)
    terms = ((1.0, 2, np.float64(3.0), 0.0),)
    for f in (lambda v: v * v, lambda v: 2.0 - v, lambda v: v, F.tanh):
        value, found = jet(lambda v, f=f: g(f(g(v))), p, terms, create_graph=record)
        expected_value, expected = jet(f, p, terms, create_graph=record)
        assert [y.shape for y in (value, *found)] == [()] * 5
        assert_allclose([y.item() for y in (value, *found)], [y.item() for y in (expected_value, *expected)])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_every_operation_on_numbers(case):
    xs, vs = sampled(case, [()] * len(case.arguments), "numbers")
    f, places = first_output(case), [i for i, v in enumerate(vs) if v is not None]
    names = case.rng("moved about").choice(sorted(AROUND), 3)

    def moved_about(*moving):
        whole = list(xs)
        for i, x in zip(places, moving, strict=True):
            whole[i] = AROUND[names[0]](AROUND[names[1]](x))
        return AROUND[names[2]](f(*whole))

    def arrays(*moving):
        whole = list(xs)
        for i, x in zip(places, moving, strict=True):
            whole[i] = x
        return f(*whole)

    primals, terms = tuple([xs[i] for i in places]), tuple([(float(vs[i]) / 2, 0.0, 0.0) for i in places])
    for record in (False, True):
        value, found = jet(moved_about, primals, terms, create_graph=record)
        rows = [np.reshape(x, 1) for x in primals]
        expected_value, expected = jet(arrays, rows, terms, create_graph=record)
        for y, e in zip((value, *found), (expected_value, *expected), strict=True):
            assert_allclose(y.data, np.reshape(e.data, y.shape), rtol=1e-12, atol=1e-12)


def test_coefficients_given_as_numbers():
    for dtype in (np.float32, np.float64):
        x = Variable(np.array(0.5, dtype))
        series = Expansion(x[...] * 1, {x: [1, 2.0, 0]})
        assert [(float(series[k]), series[k].dtype) for k in (1, 2, 3)] == [(1, dtype), (2, dtype), (0, dtype)]


def test_numbers_and_arrays_of_no_axes_are_one():
    for x in (0.7, np.float64(0.7), np.array(0.7), Variable(np.array(0.7))):
        assert jvp(lambda v: v[...] ** 2, (x,), (1.0,))[1].item() == pytest.approx(1.4)
