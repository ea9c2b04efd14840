"""The book of recipes: its bytes, what leaves it, and graphs that are never the same."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable, gradients
from dezero.autodiff import cache, store
from dezero.autodiff.store import Book


class Entry:
    def __init__(self, size=1):
        self.size, self.used = size, False


@pytest.fixture
def counted(monkeypatch):
    """The empty book, and how often recipes were made and followed."""
    cache._book.clear()
    counts = {"made": 0, "followed": 0}

    def counting(name, method):
        def call(*args):
            counts[name] += 1
            return method(*args)

        return call

    monkeypatch.setattr(cache.Recipe, "__init__", counting("made", cache.Recipe.__init__))
    monkeypatch.setattr(cache.Recipe, "follow", counting("followed", cache.Recipe.follow))
    yield counts
    cache._book.clear()


def derivative(k):
    x = Variable(np.array(0.5))
    (g,) = gradients(F.sin(x * k) * x, x, create_graph=True)
    assert g.item() == pytest.approx(np.sin(0.5 * k) + 0.5 * k * np.cos(0.5 * k), rel=1e-12)


def test_numbers_that_are_always_new_soon_leave_no_recipes(counted):
    for step in range(400):
        derivative(1 + step / 1000)
    assert counted["followed"] == 0
    assert counted["made"] <= store._IDLE + 400 / store._PROBED + 1


def test_nor_do_those_of_higher_orders_which_operations_hold_as_parameters(counted):
    for step in range(200):
        x = Variable(np.array(0.5))
        y = F.tanh(F.sin(x * (1 + step / 1000)) * x)
        for _ in range(3):
            (y,) = gradients(y, x, create_graph=True)
    assert counted["made"] <= 3 * (store._IDLE + 200 / store._PROBED + 1)


def test_a_number_that_settles_is_followed_again(counted):
    for step in range(200):
        derivative(1 + step / 1000)
    for _ in range(50):
        derivative(7.5)
    assert counted["followed"] >= 50 - store._PROBED - 1


def test_numbers_that_come_in_turn_are_all_followed_in_the_end(counted):
    for _ in range(3):
        for k in range(100):
            derivative(k + 0.5)
    counted["followed"] = 0
    for k in range(100):
        derivative(k + 0.5)
    assert counted["followed"] == 100


def test_numbers_are_told_apart(counted):
    for k in (2, 2.0, 3, 2, 2.0, 3):
        x = Variable(np.array(3))
        (g,) = gradients(F.cos(x * k) * k, x, create_graph=True)
        np.testing.assert_allclose(g.item(), -np.sin(3.0 * k) * k * k, rtol=1e-12)
    assert len(cache._book) <= 3


def structure(form, number=0, contents=()):
    return (form, (str(number),), contents)


KEYS = st.tuples(st.integers(0, 3), st.integers(0, 5), st.tuples(st.integers(0, 2)))


@given(st.lists(st.tuples(st.sampled_from(["keep", "get", "remove"]), KEYS, st.integers(1, 40)), max_size=60))
def test_the_bytes_are_those_of_the_recipes(steps):
    shelf = Book()
    for what, key, size in steps:
        key = structure(*key)
        if what == "keep":
            shelf.keep(key, Entry(size), 100)
        elif what == "get":
            assert (shelf.get(key) is None) == (key not in list(shelf))
        elif key in list(shelf):
            del shelf[key]
        assert shelf.size == sum(entry.size for entry in shelf.values()) <= 100
    shelf.clear()
    assert (shelf.size, len(shelf)) == (0, 0)


def test_what_is_used_stays_and_what_is_not_goes():
    shelf = Book()
    for n in range(100):
        shelf.keep(structure(n), Entry(), 10)
        assert shelf.get(structure(0)) is not None
    assert len(shelf) == 10
    assert structure(99) in list(shelf)


def test_each_recipe_costs_the_same_however_many_there_are(monkeypatch):
    removals = []
    remove = Book._remove_one
    monkeypatch.setattr(Book, "_remove_one", lambda self: (removals.append(1), remove(self)))
    shelf = Book()
    for n in range(2000):
        shelf.keep(structure(n % 10, n), Entry(), 500)
        if n % 3 == 0:
            shelf.get(structure(n % 10, n))
    assert len(shelf) == 500
    assert len(removals) <= 2 * 2000  # each is thought of once when it goes, and once more where it was used


def test_a_recipe_larger_than_the_book_is_not_kept():
    shelf = Book()
    shelf.keep(structure(1), Entry(5), 10)
    shelf.keep(structure(2), Entry(11), 10)
    assert list(shelf) == [structure(1)]


def test_contents_that_are_always_new_take_all_recipes_of_their_form_away():
    shelf = Book()
    shelf.keep(structure("other"), Entry(), 100)
    for n in range(store._CONTENTS + 1):
        assert shelf.takes(structure("form", 0, (n,)))
        shelf.keep(structure("form", 0, (n,)), Entry(), 100)
    assert list(shelf) == [structure("other")]
    assert not shelf.takes(structure("form", 0, (0,)))


def test_looking_up_while_others_change_the_book_raises_nothing():
    shelf, lock, failures = Book(), threading.Lock(), []

    def change():
        for n in range(3000):
            with lock:
                shelf.keep(structure(n % 7, n % 50), Entry(), 20)
                if n % 100 == 0:
                    shelf.clear()

    def look():
        try:
            for n in range(6000):
                found = shelf.get(structure(n % 7, n % 50))
                assert found is None or isinstance(found, Entry)
                shelf.takes(structure(n % 7))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=target) for target in (change, look, change, look)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert shelf.size == len(shelf)
