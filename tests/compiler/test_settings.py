"""Numbers and objects outside of a compiled function that are replaced: the next call sees them."""

import types

import numpy as np
import pytest

import dezero
from dezero import compile

X = np.ones(3)


class Plain:
    rate = 2.0

    def __init__(self):
        self.scale = 2.0
        self.parts = [1.0, 2.0]
        self.inner = {"rate": {"of": 2.0}}


class Slotted:
    __slots__ = ("__dict__", "rate")

    def __init__(self):
        self.rate = 2.0


class Child(Plain):
    pass


def fresh(kind):
    return type(kind.__name__, (kind,), {"__module__": __name__})()


def set_item(container, key, value):
    container[key] = value


def places():
    """For each place the function that reads it, and the one that puts a number there."""
    numbers, longer, box, pair = [2.0], [2.0], {"number": 2.0}, {"pair": (1.0, 2.0)}
    nested, other = [{"a": [{"b": 2.0}]} for _ in range(2)]
    plain, slotted, child, over = Plain(), Slotted(), fresh(Child), Plain()
    module = types.ModuleType("settings_of_a_user")
    module.RATE = 2.0
    made = {"f": lambda: 2.0}

    class Rates:
        rate = 2.0

    yield "list", lambda: numbers[0], lambda v: set_item(numbers, 0, v)
    yield "longer list", lambda: longer[-1], longer.append
    yield "dict", lambda: box["number"], lambda v: set_item(box, "number", v)
    yield "nested", lambda: nested["a"][0]["b"], lambda v: set_item(nested["a"][0], "b", v)
    yield "replaced list", lambda: other["a"][0]["b"], lambda v: other.update(a=[{"b": v}])
    yield "tuple", lambda: pair["pair"][1], lambda v: pair.update(pair=(1.0, v))
    yield "attribute", lambda: plain.scale, lambda v: setattr(plain, "scale", v)
    yield "list in an attribute", lambda: plain.parts[1], lambda v: set_item(plain.parts, 1, v)
    yield "dict in an attribute", lambda: plain.inner["rate"]["of"], lambda v: plain.inner.update(rate={"of": v})
    yield "slot", lambda: slotted.rate, lambda v: setattr(slotted, "rate", v)
    yield "class attribute", lambda: child.rate, lambda v: setattr(type(child), "rate", v)
    yield "attribute of a class", lambda: Rates.rate, lambda v: setattr(Rates, "rate", v)
    yield "own attribute over the class's", lambda: over.rate, lambda v: setattr(over, "rate", v)
    yield "module", lambda: module.RATE, lambda v: setattr(module, "RATE", v)
    yield "function", lambda: made["f"](), lambda v: made.update(f=lambda: v)


PLACES = {name: (read, put) for name, read, put in places()}


@pytest.mark.parametrize("name", PLACES)
def test_a_number_that_is_replaced_is_seen(name):
    read, put = PLACES[name]
    compiled = compile(lambda x: x * read())
    np.testing.assert_array_equal(compiled(X), 2 * X)
    np.testing.assert_array_equal(compiled(X), 2 * X)
    put(3.0)
    np.testing.assert_array_equal(compiled(X), 3 * X)
    assert compiled.cache_info().misses == 2


def double(x):
    return x * 2


def triple(x):
    return x * 3


FACTOR, HELPER = 1000.5, double


def of_globals(x):
    return HELPER(x) * FACTOR


def test_machine_code_that_takes_the_calls_itself_sees_what_is_replaced(monkeypatch):
    compiled = compile(of_globals)
    np.testing.assert_array_equal(compiled(X), 2 * X * 1000.5)
    assert type(compiled) is not dezero.compiler.Compiled, "no entry in machine code"
    hits = compiled.cache_info().hits
    np.testing.assert_array_equal(compiled(X), 2 * X * 1000.5)
    assert compiled.cache_info().hits == hits  # the general way has not run
    for name, new, factor in (("FACTOR", 7.25, 14.5), ("HELPER", triple, 21.75)):
        monkeypatch.setitem(globals(), name, new)
        for _ in range(2):
            np.testing.assert_array_equal(compiled(X), factor * X)
    monkeypatch.undo()
    np.testing.assert_array_equal(compiled(X), 2 * X * 1000.5)


def test_functions_of_one_text_watch_their_own_cells():
    def made(factor):
        def set_factor(value):
            nonlocal factor
            factor = value

        return compile(lambda x: x * factor), set_factor

    pairs = [made(2.5), made(2.5)]
    for f, _ in pairs:
        np.testing.assert_array_equal(f(X), 2.5 * X)
    pairs[0][1](4.5)
    np.testing.assert_array_equal(pairs[0][0](X), 4.5 * X)
    np.testing.assert_array_equal(pairs[1][0](X), 2.5 * X)


def test_a_name_that_is_deleted_fails_as_the_function_does():
    space = {"x0": 2.0}
    f = types.FunctionType((lambda x: x * x0).__code__, space)  # noqa: F821
    compiled = compile(f)
    np.testing.assert_array_equal(compiled(X), 2 * X)
    del space["x0"]
    with pytest.raises(NameError, match="x0"):
        compiled(X)
