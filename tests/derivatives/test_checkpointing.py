"""checkpoint: the same values and derivatives from a graph that keeps arguments alone; stop_gradient."""

import gc
import tracemalloc
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero
import dezero.functions as F
from dezero import Function, GraphError, Parameter, Variable, gradients, no_grad, test_mode
from dezero.derivatives.checkpointing import checkpoint, stop_gradient
from dezero.series import Expansion


def partials(y, x, orders):
    found = []
    for _ in range(orders):
        (y,) = gradients(y, x, create_graph=True)
        found.append(float(y))
    return found


def wave(x, a):
    return F.exp(F.sin(x) * a) * x


@given(x=st.floats(-2, 2), a=st.floats(-2, 2))
def test_every_order_is_that_of_the_function(x, a):
    x, a = Variable(np.array(x)), Variable(np.array(a))
    plain, saved = wave(x, a), checkpoint(wave)(x, a)
    assert saved.data == plain.data
    for v in (x, a):
        np.testing.assert_allclose(partials(saved, v, 4), partials(plain, v, 4), rtol=1e-12, atol=1e-12)


def test_mixed_partials_of_arrays():
    rng = np.random.default_rng(0)
    x, w = Variable(rng.normal(size=(4, 3))), Variable(rng.normal(size=(3, 2)))

    def third(layer):
        y = F.sum(layer(x, w) ** 2)
        (gx,) = gradients(y, x, create_graph=True)
        (gw,) = gradients(F.sum(gx**2), w, create_graph=True)
        return gradients(F.sum(F.sin(gw)), (x, w))

    def layer(x, w):
        return F.tanh(x @ w)

    for a, b in zip(third(layer), third(checkpoint(layer)), strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=1e-12)


def test_the_call_is_one_node_of_its_arguments_and_frees_the_rest():
    inner = []

    def f(x):
        h = F.sin(x)
        inner.append(weakref.ref(h))
        return F.cos(h)

    x = Variable(np.array(0.3))
    y = checkpoint(f)(x)
    assert y.creator.inputs == [x]
    assert inner[0]() is None
    y.backward()
    assert all(ref() is None for ref in inner)
    assert len(inner) == 2  # run again once


def test_a_chain_in_segments_keeps_less_memory():
    def segment(x):
        for _ in range(10):
            x = F.sin(x)
        return x

    def kept(part):
        x = Variable(np.ones(100_000))
        tracemalloc.start()
        y = x
        for _ in range(5):
            y = part(y)
        size = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        y.backward()
        return size, x.grad.data

    (plain, g), (saved, h) = kept(segment), kept(checkpoint(segment))
    assert plain > 45 * x_bytes
    assert saved < 6 * x_bytes
    np.testing.assert_array_equal(g, h)


x_bytes = 8 * 100_000


def test_dropout_draws_the_same_again_and_leaves_the_state_as_it_was():
    x = Variable(np.ones(50))
    np.random.seed(3)
    y = checkpoint(lambda x: F.dropout(x * x))(x)
    after = np.random.rand()
    F.sum(y).backward()
    np.testing.assert_array_equal(x.grad.data, 2 * y.data)
    np.random.seed(3)
    np.random.rand(50)
    assert after == np.random.rand()
    np.random.seed(4)
    expected = np.random.rand()
    np.random.seed(4)
    gradients(y, x)
    assert np.random.rand() == expected


def test_the_mode_of_the_call_holds_when_it_runs_again():
    x = Variable(np.ones(20))
    with test_mode():
        y = checkpoint(F.dropout)(x)
    F.sum(y).backward()
    np.testing.assert_array_equal(x.grad.data, np.ones(20))


def test_variables_from_outside_get_their_gradients():
    x, w = Variable(np.array(0.7)), Parameter(np.array(1.3))
    h = F.exp(w)
    y = checkpoint(lambda x: F.sin(x * w) * h)(x)
    expected = F.sin(x * w) * h
    for v in (x, w, h):
        np.testing.assert_allclose(gradients(y, v)[0].data, gradients(expected, v)[0].data, rtol=1e-14)
    np.testing.assert_allclose(partials(y, w, 3), partials(expected, w, 3), rtol=1e-13)


def test_an_argument_computed_from_what_the_function_uses_from_outside_counts_once():
    w = Variable(np.array(0.4))
    h = F.exp(w)

    def f(x):
        return F.sin(x) * h * w

    np.testing.assert_allclose(partials(checkpoint(f)(h * w), w, 4), partials(f(h * w), w, 4), rtol=1e-13)
    (direct,) = gradients(checkpoint(f)(stop_gradient(h)), h)
    np.testing.assert_allclose(direct.data, np.sin(h.data) * w.data)


def test_a_parameter_that_the_first_run_fills_gets_its_gradient():
    w = Parameter(None)

    def layer(x):
        if w.data is None:
            w.data = np.full(x.shape, 2.0)
        return x * w

    x = Variable(np.array([3.0, 4.0]))
    F.sum(checkpoint(layer)(x)).backward()
    np.testing.assert_array_equal(w.grad.data, [3.0, 4.0])
    np.testing.assert_array_equal(x.grad.data, [2.0, 2.0])


def test_trees_and_other_arguments_pass():
    @checkpoint
    def f(pair, *, scale, mode):
        assert mode == "both"
        return {"sum": pair[0] + pair[1], "product": [pair[0] * pair[1] * scale]}

    assert f.__name__ == "f"
    x, y = Variable(np.array(2.0)), Variable(np.array(3.0))
    found = f((x, y), scale=np.array(5.0), mode="both")
    assert float(found["sum"]) == 5
    assert float(found["product"][0]) == 30
    found["product"][0].backward()  # the other output has no part in it
    assert (float(x.grad), float(y.grad)) == (15, 10)


def test_checkpoints_inside_checkpoints():
    x, a = Variable(np.array(0.5)), Variable(np.array(1.5))
    inner = checkpoint(wave)
    y = checkpoint(lambda x: inner(inner(x, a), a) * x)(x)
    expected = wave(wave(x, a), a) * x
    np.testing.assert_allclose(partials(y, x, 3), partials(expected, x, 3), rtol=1e-12)
    np.testing.assert_allclose(partials(y, a, 3), partials(expected, a, 3), rtol=1e-12)


def test_a_users_function_inside():
    class Cube(Function):
        def forward(self, x):
            return x**3

        def backward(self, gy):
            (x,) = self.inputs
            return gy * 3 * x * x

    x, w = Variable(np.array(2.0)), Variable(np.array(0.5))
    y = checkpoint(lambda x: Cube()(w) * x)(x)
    np.testing.assert_allclose(partials(y, w, 3), [3 * 2 * 0.25, 6 * 2 * 0.5, 6 * 2])


def test_a_function_that_gives_back_what_it_was_given():
    x, w = Variable(np.array(2.0)), Variable(np.array(3.0))
    a, b, c = checkpoint(lambda x: (x, w, x))(x)
    (a * b * c).backward()
    assert (float(x.grad), float(w.grad)) == (12, 4)


def test_a_graph_without_cycles_goes_with_its_last_reference():
    x = Variable(np.array(2.0))
    y = checkpoint(wave)(x, 1.0)
    y.backward(create_graph=True)
    kept = weakref.ref(y)
    x.cleargrad()
    gc.disable()
    del y
    found = kept()
    gc.enable()
    assert found is None


def test_whole_numbers_pass_as_arguments():
    x, rows = Variable(np.arange(6.0).reshape(3, 2)), Variable(np.array([2, 0]))
    y = checkpoint(lambda x, rows: F.sum(x[rows.data] ** 2) + F.sum(rows))(x, rows)
    y.backward()
    np.testing.assert_array_equal(x.grad.data, [[0, 2], [0, 0], [8, 10]])


def test_without_a_graph_the_function_runs_as_it_is():
    x = Variable(np.array(2.0))
    with no_grad():
        y = checkpoint(wave)(x, 1.0)
    assert y.creator is None
    assert float(y) == float(wave(x, 1.0))


def test_a_function_that_returns_no_variable_is_refused():
    with pytest.raises(TypeError, match=r"checkpoint of .*: the function returned number 3.0; compute"):
        checkpoint(lambda x: 3.0)(Variable(np.array(1.0)))


def test_a_function_that_changes_what_it_uses_is_refused():
    weights = [Variable(np.array(1.0)), Variable(np.array(2.0))]
    y = checkpoint(lambda x: x * weights.pop())(Variable(np.array(3.0)))
    with pytest.raises(GraphError, match=r"used a Variable .* that it did not use before"):
        y.backward()


def test_an_argument_without_data_is_refused():
    with pytest.raises(TypeError, match=r"checkpoint: an argument holds no data"):
        checkpoint(wave)(Variable(None), 1.0)


def test_stop_gradient_makes_constants_of_a_tree():
    x = Variable(np.array(3.0), name="x")
    fixed = stop_gradient({"a": (x, 2), "b": x * x})
    assert fixed["a"][1] == 2
    assert fixed["a"][0].name == "x"
    y = x * fixed["a"][0] + fixed["b"]
    y.backward(create_graph=True)
    assert float(x.grad) == 3
    assert float(Expansion(x * stop_gradient(x), {x: [1.0]})[2]) == 0


def test_a_checkpoint_draws_again_what_generators_gave_and_leaves_them_where_they_were():
    w, rng = Variable(np.ones(50)), np.random.default_rng(0)
    both = checkpoint(lambda w: checkpoint(lambda w: F.dropout(w * 2, rng=rng))(w) + F.dropout(w, rng=rng))
    y = both(w)
    after = rng.bit_generator.state
    for _ in range(2):
        w.cleargrad()
        F.sum(y).backward(create_graph=True)
        np.testing.assert_array_equal(w.grad.data, y.data)  # y is linear in w, which is 1 everywhere
    assert rng.bit_generator.state == after


# -- what runs again has to be what ran ---------------------------------------------------------------------------


def by_jets(y, x):
    return y.jet(x, 2)


def by_gradients(y, x):
    return gradients(y, x)


@pytest.mark.parametrize("derive", [by_gradients, by_jets])
def test_a_loop_variable_that_moved_on_is_told(derive):
    x, results = Variable(np.array(2.0)), []
    for h in (0.1, 1.0):
        results.append(checkpoint(lambda x: x * x * h)(x))  # noqa: B023
    derive(results[1], x)
    with pytest.raises(GraphError, match=r"checkpoint of <lambda>: .* another value for result 0, .* \(lambda x, h=h"):
        derive(results[0], x)


@pytest.mark.parametrize("start", [0.0, 2.0])
def test_a_change_that_the_value_does_not_show_is_told(start):
    x, h = Variable(np.array([start])), np.array([0.1])
    y = checkpoint(lambda x: x * h)(x)
    h[0] = 1.0
    with pytest.raises(GraphError, match=r"another value for result 0|computes its result in another way"):
        y.backward()
    assert x.grad is None


def test_a_variable_changed_in_place_is_told():
    x, w = Variable(np.zeros(2)), Variable(np.ones(2))
    y = F.sum(checkpoint(lambda x: x * w)(x))
    w.data[:] = 5.0
    with pytest.raises(GraphError, match=r"uses a Variable, float64 array of shape \(2,\), whose numbers were changed"):
        y.backward()


def test_a_change_between_two_orders_is_told():
    x, h = Variable(np.array(2.0)), [3.0]
    y = checkpoint(lambda x: x**3 * h[0])(x)
    (g,) = gradients(y, x, create_graph=True)
    assert float(gradients(g, x)[0]) == 36
    h[0] = 4.0
    assert float(gradients(g, x)[0]) == 36  # of what was recorded then
    with pytest.raises(GraphError, match="another value"):
        gradients(y, x, create_graph=True)


def test_random_numbers_of_ones_own_are_told():
    x, rng = Variable(np.ones(3)), np.random.default_rng(0)
    y = F.sum(checkpoint(lambda x: x * rng.random(3))(x))
    with pytest.raises(GraphError, match=r"another value .*random numbers"):
        y.backward()


def test_another_number_of_results_is_told():
    x, wanted = Variable(np.array(1.0)), [2]
    y, _ = checkpoint(lambda x: [x * 2.0] * wanted[0])(x)
    wanted[0] = 3
    with pytest.raises(GraphError, match=r"gives 3 results where it gave 2"):
        y.backward()


def test_nan_is_the_same_as_nan():
    x = Variable(np.array([np.nan, 1.0, -np.nan]))
    F.sum(checkpoint(lambda x: x * x * np.array([1.0, np.nan, 2.0]))(x)).backward()
    assert np.isnan(x.grad.data).all()


def test_complex_arguments_and_results():
    z = Variable(np.array([1.0 + 2.0j, -0.5j]))

    def f(z):
        return z * z * (1 + 2j) + F.conj(z)

    for run in (f, checkpoint(f)):
        (g,) = gradients(F.sum(F.real(run(z)) + F.imag(run(z)) ** 2), z, create_graph=True)
        (h,) = gradients(F.sum(F.real(g * g)), z)
        if run is f:
            expected = g.data, h.data
    np.testing.assert_allclose(g.data, expected[0], rtol=1e-14)
    np.testing.assert_allclose(h.data, expected[1], rtol=1e-14)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_in_the_second_run_leaves_all_as_it_was(error):
    x, runs = Variable(np.ones(3)), []

    def f(x):
        runs.append(1)
        y = F.dropout(x * x)
        if len(runs) == 2:
            raise error("from inside")
        return y

    y = F.sum(checkpoint(f)(x))
    np.random.seed(1)
    expected = np.random.get_state()[1].copy()
    with pytest.raises(error, match="from inside"):
        y.backward()
    np.testing.assert_array_equal(np.random.get_state()[1], expected)
    assert x.grad is None
    y.backward()
    assert float(F.sum(x.grad)) == 2 * float(y)


def test_the_derivative_of_a_derivative_through_a_checkpoint_of_what_series_round_in_another_way():
    def f(x):
        return F.sum(checkpoint(lambda u, w: F.exp(u) + w**2)(x**3, x))

    x = np.array([-0.04, 1.27, -1.0, 0.76])
    v = np.array([0.47, -0.33, 0.74, 1.0])
    second = (9 * x**4 + 6 * x) * np.exp(x**3) + 2
    along = dezero.jvp(lambda x: dezero.jvp(f, (x,), (v,))[1], (x,), (v,))[1]
    np.testing.assert_allclose(along.data, np.sum(second * v * v), rtol=1e-12)
    _, (first, twice) = dezero.jet(f, (x,), ((v, np.zeros(4)),))
    np.testing.assert_allclose(twice.data, np.sum(second * v * v), rtol=1e-12)
    np.testing.assert_allclose(first.data, np.sum((3 * x**2 * np.exp(x**3) + 2 * x) * v), rtol=1e-12)
