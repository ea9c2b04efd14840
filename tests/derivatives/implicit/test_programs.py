"""Programs of a residual: shared by equations of one structure, without a mistake where their numbers differ."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable, clear_cache, custom_root, fixed_point, gradients
from dezero.core.registry import values
from dezero.derivatives.implicit import programs


def partials(y, x, orders):
    found = []
    for _ in range(orders):
        (y,) = gradients(F.sum(y), x, create_graph=True)
        found.append(float(y))
    return found


def derived(monkeypatch):
    """A list that grows with each derivation of a program."""
    made = []
    once = programs.Programs._once

    def counting(self, kind, derive):
        if kind not in self._made:
            made.append(kind)
        return once(self, kind, derive)

    monkeypatch.setattr(programs.Programs, "_once", counting)
    return made


def test_steps_in_time_share_their_programs(monkeypatch):
    clear_cache()
    made = derived(monkeypatch)
    k = Variable(np.array(0.4))
    y = exact = Variable(np.array([1.0, 2.0]))
    counts = []
    for h in (0.1, 0.25, 1.5):
        weights = np.array([h, 1 - h])
        y = custom_root(lambda z, y, k, h=h, w=weights: z - y + h * k * z * w, np.ones(2), y, k)
        exact = exact / (1 + h * k * weights)
        counts.append(len(made))
    np.testing.assert_allclose(partials(y, k, 3), partials(exact, k, 3), rtol=1e-11)
    assert counts[0] == counts[2]
    assert len(made) == len(set(made))


@pytest.mark.parametrize("c", [0.0, 1.0, -1.0, 2.0, 0.5, 3, 0, 1, True])
def test_numbers_of_every_kind(c):
    """z = a + c (z - a)^2 / 9 + c a^c, by elimination: derivatives of z at the known root."""
    found = []
    for _ in range(2):  # the second time by shared programs
        a = Variable(np.array(0.8))
        z = custom_root(lambda z, a: z - a**c - c * a, 1.0, a)
        found.append(partials(z, a, 4))
    expected = partials(a**c + c * a, a, 4)
    np.testing.assert_allclose(found, [expected] * 2, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("power", [2.0, 3.0, 2.5, 2])
def test_a_power_of_zero(power):
    """An exponent is no value to derive for: the third derivative of z^2 is 0, not 0 * 0^-1."""
    a = Variable(np.array(0.0))
    for _ in range(2):
        z = custom_root(lambda z, a: z - a - z**power, 0.0, a)
        found = partials(z, a, 2)
        assert found == [1.0, 2.0 if power == 2 else 0.0]


def test_equal_steps_with_other_parameters_are_not_shared():
    a, found = Variable(np.array([0.2, 0.4])), []
    for index in (0, 1):
        z = custom_root(lambda z, a, index=index: z - a[index] ** 2, 1.0, a)
        found.append(gradients(z, a)[0].data)
    np.testing.assert_allclose(found, [[0.4, 0], [0, 0.8]])


def test_single_precision_is_not_shared_and_stays():
    for h in (0.1, 0.2):
        a = Variable(np.array(2.0, np.float32))
        z = custom_root(lambda z, a, h=h: z * z * h - a, np.array(1.0, np.float32), a)
        (g,) = gradients(z, a, create_graph=True)
        assert g.dtype == np.float32
        assert float(g) == pytest.approx(0.5 / np.sqrt(2 * h), rel=1e-6)


def test_integers_and_matrices_among_the_constants():
    matrix, index = np.array([[0.1, 0.3], [0.2, 0.1]]), np.array([1, 0])
    for factor in (1.0, 0.5):
        a = Variable(np.array([1.0, 2.0]))
        z = fixed_point(lambda z, a, m=matrix * factor: (m @ z)[index] + a * index, np.zeros(2), a)
        system = np.eye(2) - (matrix * factor)[index]
        np.testing.assert_allclose(z.data, np.linalg.solve(system, a.data * index))
        (g,) = gradients(F.sum(z), a)
        np.testing.assert_allclose(g.data, np.linalg.solve(system.T, np.ones(2)) * index, atol=1e-15)


# -- what the residual reads ---------------------------------------------------------------------------------------


def test_a_residual_that_reads_no_value_is_called_once():
    calls = []

    def residual(z, a):
        calls.append(1)
        return z**3 + z - a

    a = Variable(np.array(5.0))
    z = custom_root(residual, 0.1, a)
    assert float(z) ** 3 + float(z) == pytest.approx(5)
    partials(z, a, 2)
    assert len(calls) == 1


READS = {
    "comparison": lambda z: (z > 1.2).all(),
    "data": lambda z: z.data[0] > 1.2,
    "item": lambda z: z[0].item() > 1.2,
    "count_nonzero": lambda z: F.count_nonzero(F.floor(z / 1.2)) == 2,
    "frexp": lambda z: F.frexp(z / 1.2)[1][0] > 0,
    "argmax": lambda z: F.argmax(F.stack([z[0] * 0 + 1.2, z[0]])) == 1,
    "where": lambda z: np.where(z > 1.2, 1, 0)[0] == 1,
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.filterwarnings("ignore::dezero.GraphWarning")
def test_a_residual_with_branches_is_called_at_each_point(read):
    """z^2 = a below 1.2 and 2 z - 0.96 = a above: from 0.5 Newton's method crosses over."""
    a = Variable(np.array([4.0, 4.0]))
    z = custom_root(lambda z, a: 2 * z - 0.96 - a if READS[read](z) else z * z - a, np.full(2, 0.5), a)
    np.testing.assert_allclose(z.data, 2.48)
    np.testing.assert_allclose(gradients(F.sum(z), a)[0].data, 0.5)


class Bent(Function):
    """2 x above 0, x below; its backward reads values."""

    def forward(self, x):
        return np.where(x > 0, 2 * x, x)

    def backward(self, gy):
        (x,) = self.inputs
        return gy * np.where(x.data > 0, 2.0, 1.0)


def test_a_users_function_whose_backward_has_branches():
    a = Variable(np.array([4.0]))
    z = custom_root(lambda z, a: Bent()(z) - a, np.array([-1.0]), a)
    np.testing.assert_allclose(z.data, 2)
    np.testing.assert_allclose(gradients(z, a)[0].data, 0.5)
    np.testing.assert_allclose(z.jet(a, 2)[1].data, 0.5)


def test_a_root_that_is_computed_again_on_the_other_side_of_a_branch():
    """A checkpoint runs the residual's list of operations for other numbers."""
    a = Variable(np.array([-4.0]))
    z = custom_root(lambda z, a: Bent()(z) - a, np.array([-1.0]), a)
    op, there = z._op, np.array([4.0])
    again = op.value(there)
    np.testing.assert_allclose(again, 2)
    np.testing.assert_allclose(op.rules[0](values, np.ones(1), there, again), 0.5)
