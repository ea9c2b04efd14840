"""`compile`: calls like the function's own, the cache of specialisations, settings, and what is refused."""

import pickle
import threading

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import Variable, gradients
from dezero.compiler.api import compile


def cube(x):
    return x * x * x


def test_results_are_what_the_function_gives():
    x = np.linspace(-1, 1, 7)
    for f in (dezero.grad(lambda x: F.sum(cube(x))), dezero.hessian(lambda x: F.sum(cube(x))), dezero.derivative(cube)):
        found, expected = compile(f)(x), f(x)
        assert type(found) is type(expected)
        np.testing.assert_allclose(found.data, expected.data, rtol=1e-14)


def test_containers_go_in_and_come_out():
    def f(pair, *, scale):
        return {"sum": pair[0] + pair[1], "rest": [pair[0] * scale["by"], None, "name"]}

    a, b, by = Variable(np.ones(2)), np.arange(2.0), np.full(2, 3.0)
    found = compile(f)((a, b), scale={"by": by})
    assert list(found) == ["sum", "rest"]
    np.testing.assert_array_equal(found["sum"].data, [1, 2])
    np.testing.assert_array_equal(found["rest"][0].data, [3, 3])
    assert found["rest"][1:] == [None, "name"]


def test_arrays_stay_arrays_and_variables_stay_variables():
    found = compile(lambda x: (x, x * 2, F.sin(x)))(np.ones(2))
    assert [type(y) for y in found] == [np.ndarray, np.ndarray, Variable]


def test_one_program_for_each_kind_of_arguments():
    f = compile(cube)
    for shape in ((2,), (3,), (2,)):
        f(Variable(np.ones(shape)))
    f(Variable(np.ones(2, np.float32)))
    f(np.ones(2))
    assert f.cache_info() == (1, 4, 4)
    f.clear_cache()
    assert f.cache_info().entries == 0
    np.testing.assert_array_equal(f(np.full(2, 2.0)), [8, 8])


def test_a_weight_from_outside_is_read_at_each_call():
    w = Variable(np.array([1.0, 2.0]))
    f = compile(lambda x: x * w)
    x = Variable(np.ones(2))
    np.testing.assert_array_equal(f(x).data, [1, 2])
    w.data = np.array([3.0, 4.0])
    np.testing.assert_array_equal(f(x).data, [3, 4])
    w.data[0] = 5
    np.testing.assert_array_equal(f(x).data, [5, 4])
    w.data = np.ones((3, 2))
    np.testing.assert_array_equal(f(x).data, np.ones((3, 2)))


def test_an_array_from_outside_is_read_at_each_call():
    a = np.array([1.0, 2.0])
    f = compile(lambda x: x * a + np.sin(a))
    x = Variable(np.ones(2))
    for _ in range(2):
        np.testing.assert_array_equal(f(x).data, a + np.sin(a))
        a += 1


def test_static_arguments_are_compiled_apart():
    f = compile(lambda x, power, way: x**power if way == "up" else x, static=("power", 2))
    x = Variable(np.full(2, 3.0))
    np.testing.assert_array_equal(f(x, power=2, way="up").data, [9, 9])
    np.testing.assert_array_equal(f(x, power=3, way="up").data, [27, 27])
    np.testing.assert_array_equal(f(x, power=3, way="down").data, [3, 3])
    assert f.cache_info().misses == 3


def test_a_number_that_is_asked_for_is_refused():
    for f in (
        lambda x: x if x.data.sum() > 0 else -x,
        lambda x: x * float(F.sum(x)),
        lambda x: x * x.data.max().item(),
    ):
        with pytest.raises(dezero.ConcretizationError, match=r"test_compile\.py"):
            compile(f)(Variable(np.ones(3)))


def test_random_numbers_of_pythons_are_refused():
    with pytest.raises(dezero.ConcretizationError, match="burned"):
        compile(lambda x: x * np.random.rand(3))(Variable(np.ones(3)))


def test_results_carry_no_graph_and_say_so():
    x = Variable(np.ones(3))
    y = compile(lambda x: F.sum(x * x))(x)
    with pytest.raises(dezero.GraphError, match="compiled"):
        y.backward()


def test_results_of_different_calls_share_no_memory():
    f = compile(lambda x: [x * 2, x + 0])
    x = np.ones(1000)
    first, second = f(x), f(x)
    first[0][:] = 7
    first[1][:] = 7
    np.testing.assert_array_equal(second[0], 2)
    np.testing.assert_array_equal(x, 1)
    np.testing.assert_array_equal(f(x)[0], 2)


def test_a_method_is_compiled_with_its_object():
    class Model:
        def __init__(self, scale):
            self.scale = Variable(np.array(scale))

        @compile
        def __call__(self, x):
            return self.scale * x

    two, three = Model(2.0), Model(3.0)
    x = Variable(np.ones(2))
    assert two(x).data[0] == 2
    assert three(x).data[0] == 3
    two.scale.data = np.array(5.0)
    assert two(x).data[0] == 5


def test_decorators_take_settings():
    @compile(strict=True, threads=2)
    def f(x):
        """What f does."""
        return x + 1

    assert f.__name__ == "f"
    assert f.__doc__ == "What f does."
    np.testing.assert_array_equal(f(np.zeros(2)), 1)


def test_a_compiled_function_is_pickled_as_its_function():
    found = pickle.loads(pickle.dumps(compile(cube)))
    np.testing.assert_array_equal(found(np.full(2, 2.0)), 8)


def test_settings_are_checked():
    with pytest.raises(TypeError, match="takes a function"):
        compile(3)
    with pytest.raises(ValueError, match="threads"):
        compile(cube, threads=0)
    with pytest.raises(ValueError, match="fallback"):
        compile(cube, fallback="maybe")
    with pytest.raises(TypeError, match="static"):
        compile(cube, static=[1.5])


def test_an_error_of_the_function_is_its_own():
    with pytest.raises(ValueError, match="matmul"):
        compile(lambda x: x @ np.ones((3, 2)))(Variable(np.ones((2, 2))))


def test_threads_may_call_one_function():
    f = compile(lambda x: [F.sin(x), gradients(F.sum(F.sin(x) ** 2), x)[0]])
    wrong = []

    def work(k):
        x = Variable(np.linspace(0, k, 1000))
        for _ in range(20):
            y, slope = f(x)
            if not np.allclose(y.data, np.sin(x.data)) or not np.allclose(slope.data, np.sin(2 * x.data)):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_explanations_name_what_runs():
    f = compile(dezero.grad(lambda x: F.sum(F.sin(x) ** 2)))
    words = str(f.explain(np.ones(3)))
    assert "operations" in words
    assert "sin" in words
    assert f.explain(np.ones(3)).dot().startswith("digraph")
    assert "cos" in f.source(np.ones(3))


SCALE = 2.0


def test_numbers_from_outside_that_change_are_seen(monkeypatch):
    class Physics:
        viscosity = 1.0

        def __init__(self):
            self.speed = 1.0

    physics, power = Physics(), 1

    def f(x):
        return SCALE * physics.speed * x**power

    compiled, x = compile(f), Variable(np.full(2, 3.0))
    for _ in range(2):
        np.testing.assert_array_equal(compiled(x).data, f(x).data)
    monkeypatch.setitem(globals(), "SCALE", 5.0)
    np.testing.assert_array_equal(compiled(x).data, [15, 15])
    physics.speed = 2.0
    np.testing.assert_array_equal(compiled(x).data, [30, 30])
    power = 2
    np.testing.assert_array_equal(compiled(x).data, [90, 90])


def test_numbers_that_the_program_does_not_depend_on_cost_one_look():
    class Counter:
        calls = 0

    counter = Counter()
    counter.calls = 1
    compiled = compile(lambda x: (counter.calls, x * 2)[1])
    x = Variable(np.ones(2))
    for _ in range(5):
        compiled(x)
        counter.calls += 1
    assert compiled.cache_info().misses == 1


@pytest.mark.parametrize("name", ["SGD", "MomentumSGD", "Adam", "AdamW", "RMSprop", "AdaGrad", "AdaDelta", "Lion"])
def test_a_step_of_training_is_the_uncompiled_one(name):
    optimizers = dezero.optimizers
    if not hasattr(optimizers, name):
        pytest.skip(f"there is no {name}")
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((8, 3)), rng.standard_normal((8, 1))
    start = rng.standard_normal((3, 1))

    def training(compiled):
        model = dezero.layers.Linear(1, in_size=3, dtype=np.float64)
        model.W.data = start.copy()
        optimizer = getattr(optimizers, name)().setup(model)

        def step(x, t):
            loss = F.mean((model(x) - t) ** 2)
            model.cleargrads()
            loss.backward()
            optimizer.update()
            return loss

        run = compile(step) if compiled else step
        losses = [float(run(x, t).data) for _ in range(5)]
        return losses, model.W.data, optimizer.step_count

    found, expected = training(True), training(False)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-12)


def test_another_number_of_rows_is_served_by_the_code_that_is_there():
    llvm = pytest.importorskip("dezero.compiler.machine.llvm")
    rng = np.random.default_rng(0)
    w, v = Variable(rng.standard_normal((3, 50))), Variable(rng.standard_normal((50, 1)))

    def step(x, t):
        loss = F.mean((F.tanh(x @ w) @ v - t) ** 2)
        return loss, *gradients(loss, (w, v))

    f = compile(step)
    for rows in (2000, 999):
        x, t = Variable(rng.standard_normal((rows, 3))), Variable(rng.standard_normal((rows, 1)))
        before = llvm._compiled.cache_info().misses
        for a, b in zip(f(x, t), step(x, t), strict=True):
            np.testing.assert_allclose(a.data, b.data, rtol=1e-12, atol=1e-14)
        made = llvm._compiled.cache_info().misses - before
    assert made == 0
