"""Settings: nested, restored, as decorators, and one's own in each thread and task."""

import asyncio
import inspect
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import Config, Variable, gradients, no_grad, using_config

NAMES = ["enable_backprop", "train", "simplify"]


def recorded():
    return (Variable(np.array(1.0)) * 2).creator is not None


@pytest.fixture(autouse=True)
def restored():
    before = [getattr(Config, name) for name in NAMES]
    yield
    for name, value in zip(NAMES, before, strict=True):
        setattr(Config, name, value)


def test_everything_is_on_at_first():
    assert [getattr(Config, name) for name in NAMES] == [True, True, True]


@pytest.mark.parametrize("name", NAMES)
def test_blocks_nest_and_restore(name):
    with using_config(name, False):
        with using_config(name, True):
            assert getattr(Config, name) is True
        assert getattr(Config, name) is False
    assert getattr(Config, name) is True


def test_settings_are_independent():
    with no_grad(), dezero.test_mode():
        assert [getattr(Config, name) for name in NAMES] == [False, False, True]


@pytest.mark.parametrize("name", NAMES)
def test_an_exception_restores(name):
    with pytest.raises(KeyError), using_config(name, False):
        raise KeyError
    assert getattr(Config, name) is True


def test_one_block_object_may_be_entered_within_itself():
    block = no_grad()
    with block:
        with block:
            assert not recorded()
        assert not recorded()
    assert recorded()


def test_decorated_functions_keep_name_arguments_and_recursion():
    @no_grad()
    def countdown(n, *, step=1):
        """Count down."""
        return recorded() if n <= 0 else countdown(n - step, step=step)

    assert countdown(3) is False
    assert recorded()
    assert (countdown.__name__, countdown.__doc__) == ("countdown", "Count down.")


def test_a_decorated_function_restores_after_an_exception():
    @no_grad()
    def fails():
        raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert recorded()


def test_a_decorated_coroutine_runs_inside():
    @no_grad()
    async def job():
        return recorded()

    assert asyncio.run(job()) is False


def test_a_decorated_generator_runs_inside():
    @no_grad()
    def batches():
        yield recorded()
        yield recorded()

    seen = [(inside, recorded()) for inside in batches()]
    assert seen == [(False, True), (False, True)]


def test_a_decorated_generator_takes_and_returns_what_an_undecorated_one_does():
    def echo():
        heard = []
        while True:
            try:
                word = yield (recorded(), list(heard))
            except KeyError as error:
                heard.append((recorded(), error.args[0]))
            else:
                if word is None:
                    return recorded(), heard
                heard.append((recorded(), word))

    def talk(steps):
        said = [next(steps), steps.send("a"), steps.throw(KeyError("b")), steps.send("c")]
        with pytest.raises(StopIteration) as stop:
            next(steps)
        return said, stop.value.value

    said, returned = talk(no_grad()(echo)())
    assert said[-1] == (False, [(False, "a"), (False, "b"), (False, "c")])
    assert returned == (False, said[-1][1])
    assert talk(using_config("train", True)(echo)()) == talk(echo())
    assert recorded()


def test_a_decorated_generator_is_closed_inside():
    closed = []

    @no_grad()
    def batches():
        try:
            yield 1
        finally:
            closed.append(recorded())

    steps = batches()
    next(steps)
    steps.close()
    assert closed == [False]
    with pytest.raises(StopIteration):
        next(steps)


@pytest.mark.parametrize("error", [KeyError, StopIteration, GeneratorExit])
def test_what_is_thrown_into_a_decorated_generator_comes_out(error):
    def batches():
        yield recorded()

    expected = RuntimeError if error is StopIteration else error  # PEP 479
    for make in (batches, no_grad()(batches)):
        steps = make()
        next(steps)
        with pytest.raises(expected):
            steps.throw(error())
    assert recorded()


def test_a_decorated_generator_that_will_not_close_is_told():
    @no_grad()
    def stubborn():
        try:
            yield
        except GeneratorExit:
            yield

    steps = stubborn()
    next(steps)
    with pytest.raises(RuntimeError, match="ignored GeneratorExit"):
        steps.close()
    assert recorded()


def test_a_decorated_asynchronous_generator_runs_inside():
    closed = []

    @no_grad()
    async def batches(first):
        word = first
        try:
            while True:
                await asyncio.sleep(0)
                try:
                    word = yield (recorded(), word)
                except KeyError as error:
                    word = error.args[0]
                if word == "stop":
                    return
        finally:
            closed.append(recorded())

    async def main():
        steps = batches("a")
        said = [await anext(steps), recorded(), await steps.asend("b"), await steps.athrow(KeyError("c")), recorded()]
        with pytest.raises(StopAsyncIteration):
            await steps.asend("stop")
        left = batches("d")
        await anext(left)
        await left.aclose()
        said += [item async for item in finite()] + [recorded()]
        return said

    @no_grad()
    async def finite():
        for _ in range(2):
            yield recorded()

    assert asyncio.run(main()) == [(False, "a"), True, (False, "b"), (False, "c"), True, False, False, True]
    assert closed == [False, False]


def test_decorated_functions_stay_of_their_kind():
    async def job(): ...

    def steps():
        yield

    async def batches():
        yield

    for function, kind in (
        (job, inspect.iscoroutinefunction),
        (steps, inspect.isgeneratorfunction),
        (batches, inspect.isasyncgenfunction),
    ):
        assert kind(no_grad()(function))


def test_assignment():
    Config.train = False
    assert Config.train is False
    Config.enable_backprop = False
    assert not recorded()


@pytest.mark.parametrize(
    "use", [lambda: Config.nope, lambda: setattr(Config, "nope", True), lambda: using_config("nope", True)]
)
def test_unknown_names_are_refused(use):
    with pytest.raises(AttributeError, match="no setting 'nope'; it has enable_backprop, train, simplify"):
        use()
    assert not hasattr(Config, "nope")


# -- threads and tasks -------------------------------------------------------------------------------------------


def test_a_thread_has_settings_of_its_own():
    """A thread starts from the defaults, and what it sets stays in it."""
    with ThreadPoolExecutor(1) as pool:
        with no_grad():
            assert pool.submit(recorded).result() is True
        pool.submit(setattr, Config, "enable_backprop", False).result()
        assert pool.submit(recorded).result() is False
    assert recorded()


def test_threads_side_by_side():
    barrier = threading.Barrier(4)

    def job(enabled):
        seen = []
        with using_config("enable_backprop", enabled):
            for _ in range(20):
                barrier.wait(timeout=30)
                seen.append(recorded())
        return seen

    wanted = [True, False, True, False]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(job, wanted)) == [[w] * 20 for w in wanted]


def test_tasks_side_by_side():
    async def job(enabled):
        seen = []
        with using_config("enable_backprop", enabled):
            for _ in range(5):
                await asyncio.sleep(0)
                seen.append(recorded())
        return seen

    async def main():
        return await asyncio.gather(*[job(enabled) for enabled in (True, False, True, False)])

    assert asyncio.run(main()) == [[w] * 5 for w in (True, False, True, False)]
    assert recorded()


def test_threads_differentiate_at_the_same_time():
    def fourth(k):
        x = Variable(np.array(0.1 * k))
        y = F.sin(x * k)
        for _ in range(4):
            (y,) = gradients(y, x, create_graph=True)
        return y.item()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(fourth, [1, 2, 3, 4] * 50))
    np.testing.assert_allclose(found, [k**4 * np.sin(0.1 * k * k) for k in [1, 2, 3, 4] * 50], rtol=1e-12)


# -- what a setting does -----------------------------------------------------------------------------------------


def test_no_grad_records_no_operation_of_any_arity():
    x = Variable(np.ones((2, 2)))
    with no_grad():
        results = [x + 1, F.sin(x), F.sum(x), x @ x, x[0], F.where(x.data > 0, x, 0), F.concatenate([x, x]), x.T]
    assert [y.creator for y in results] == [None] * len(results)


def test_simplify_off_gives_the_same_numbers():
    def third(simplify):
        x = Variable(np.array([0.3, 0.7]))
        with using_config("simplify", simplify):
            y = F.tanh(x) * x[::-1] / (1 + F.concatenate([x, x])[1:3] ** 2)
            for _ in range(3):
                (y,) = gradients(y, x, create_graph=True)
        return y.data

    np.testing.assert_allclose(third(True), third(False), rtol=1e-12)
