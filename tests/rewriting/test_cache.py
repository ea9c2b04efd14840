"""The cache of derivations: its bytes, what leaves it, and graphs that are never the same."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable, gradients
from dezero.autodiff import cached, forms
from dezero.autodiff.forms import Forms, comes_with_new_arrays
from dezero.rewriting.cache import CACHE, Cache
from dezero.rewriting.keys import GraphKey


@pytest.fixture
def counted(monkeypatch):
    """The empty cache, and how often derivations were stored and replayed."""
    cached.clear_cache()
    counts = {"stored": 0, "replayed": 0}

    def counting(name, method):
        def call(*args):
            counts[name] += 1
            return method(*args)

        return call

    monkeypatch.setattr(cached.CachedDerivation, "__init__", counting("stored", cached.CachedDerivation.__init__))
    monkeypatch.setattr(cached.CachedDerivation, "replay", counting("replayed", cached.CachedDerivation.replay))
    yield counts
    cached.clear_cache()


def derivative(k):
    x = Variable(np.array(0.5))
    (g,) = gradients(F.sin(x * k) * x, x, create_graph=True)
    assert g.item() == pytest.approx(np.sin(0.5 * k) + 0.5 * k * np.cos(0.5 * k), rel=1e-12)


def test_numbers_that_are_always_new_soon_leave_nothing_in_the_cache(counted):
    for step in range(400):
        derivative(1 + step / 1000)
    assert counted["replayed"] == 0
    assert counted["stored"] <= forms._IDLE + 400 / forms._PROBED + 1


def test_nor_do_those_of_higher_orders_which_operations_hold_as_parameters(counted):
    for step in range(200):
        x = Variable(np.array(0.5))
        y = F.tanh(F.sin(x * (1 + step / 1000)) * x)
        for _ in range(3):
            (y,) = gradients(y, x, create_graph=True)
    assert counted["stored"] <= 3 * (forms._IDLE + 200 / forms._PROBED + 1)


def test_a_number_that_settles_is_replayed_again(counted):
    for step in range(200):
        derivative(1 + step / 1000)
    for _ in range(50):
        derivative(7.5)
    assert counted["replayed"] >= 50 - forms._PROBED - 1


def test_numbers_that_come_in_turn_are_all_replayed_in_the_end(counted):
    for _ in range(3):
        for k in range(100):
            derivative(k + 0.5)
    counted["replayed"] = 0
    for k in range(100):
        derivative(k + 0.5)
    assert counted["replayed"] == 100


def test_numbers_are_told_apart(counted):
    for k in (2, 2.0, 3, 2, 2.0, 3):
        x = Variable(np.array(3))
        (g,) = gradients(F.cos(x * k) * k, x, create_graph=True)
        np.testing.assert_allclose(g.item(), -np.sin(3.0 * k) * k * k, rtol=1e-12)
    assert len(CACHE) <= 3


KEYS = st.integers(0, 12)


@given(st.lists(st.tuples(st.sampled_from(["keep", "find", "remove"]), KEYS, st.integers(1, 40)), max_size=60))
def test_the_bytes_are_those_of_the_entries(steps):
    cache, gone = Cache(100), []
    for what, key, size in steps:
        if what == "keep":
            assert cache.keep(key, size, size, gone=lambda key=key: gone.append(key))
        elif what == "find":
            assert (cache.find(key) is None) == (key not in list(cache))
        elif key in list(cache):
            cache.remove(key)
        assert cache.size == sum(cache.sizes()) <= 100
    kept = sum(what == "keep" for what, _, _ in steps)
    assert len(gone) == kept - len(cache)
    cache.clear()
    assert (cache.size, len(cache)) == (0, 0)


def test_what_is_used_stays_and_what_is_not_goes():
    cache = Cache(10)
    for n in range(100):
        cache.keep(n, "derivation", 1)
        assert cache.find(0) is not None
    assert len(cache) == 10
    assert 99 in list(cache)
    assert cache.info() == (100, 0, 10, 10, 10)


def test_each_entry_costs_the_same_however_many_there_are(monkeypatch):
    removals = []
    remove = Cache._remove_one
    monkeypatch.setattr(Cache, "_remove_one", lambda self: (removals.append(1), remove(self)))
    cache = Cache(500)
    for n in range(2000):
        cache.keep(n, "derivation", 1)
        if n % 3 == 0:
            cache.find(n)
    assert len(cache) == 500
    assert len(removals) <= 2 * 2000  # each is thought of once when it goes, and once more where it was used


def test_an_entry_larger_than_the_cache_is_not_kept():
    cache = Cache(10)
    assert cache.keep(1, "small", 5)
    assert not cache.keep(2, "large", 11)
    assert list(cache) == [1]


def test_contents_that_are_always_new_are_told():
    known = Forms()
    for n in range(forms._CONTENTS):
        key = GraphKey("form", (), (n,))
        assert known.worth(key)
        assert not comes_with_new_arrays(known.of(key), key)
    key = GraphKey("form", (), ("one more",))
    assert comes_with_new_arrays(known.of(key), key)
    assert not known.worth(GraphKey("form", (), (0,)))
    assert known.worth(GraphKey("another", (), (0,)))


def test_finding_while_others_change_the_cache_raises_nothing():
    cache, failures = Cache(20), []

    def change():
        for n in range(3000):
            cache.keep(n % 50, "derivation", 1)
            if n % 100 == 0:
                cache.clear()

    def look():
        try:
            for n in range(6000):
                assert cache.find(n % 50) in (None, "derivation")
                cache.info()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=target) for target in (change, look, change, look)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert cache.size == len(cache)
