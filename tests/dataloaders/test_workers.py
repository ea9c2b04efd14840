"""Batches that threads load ahead: the same ones, and no thread left behind."""

import gc
import threading
import traceback

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dezero.dataloaders import DataLoader, SeqDataLoader

PATIENCE = 20  # seconds, where a thread that never comes would hang the suite


class Pairs:
    """n and 10 n; `visit` is called with each n first."""

    def __init__(self, size, visit=lambda n: None):
        self.size, self.visit = size, visit

    def __len__(self):
        return self.size

    def __getitem__(self, n):
        self.visit(n)
        return n, 10 * n


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("DataLoader")]


def join():
    """Wait for the loaders' threads; True if all have ended."""
    for thread in threads():
        thread.join(PATIENCE)
    return not threads()


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    gc.collect()
    assert join()


@settings(max_examples=25)
@given(st.integers(1, 30), st.integers(1, 8), st.integers(1, 4))
def test_the_batches_and_their_order_are_the_same(size, batch_size, workers):
    plain = DataLoader(Pairs(size), batch_size, seed=1)
    ahead = DataLoader(Pairs(size), batch_size, seed=1, workers=workers)
    for _ in range(2):
        for (x, t), (x1, t1) in zip(plain, ahead, strict=True):
            np.testing.assert_array_equal(x, x1, strict=True)
            np.testing.assert_array_equal(t, t1, strict=True)


def test_sequences_are_the_same():
    expected = [x.tolist() for x, _ in SeqDataLoader(Pairs(10), 3)]
    assert [x.tolist() for x, _ in SeqDataLoader(Pairs(10), 3, workers=2)] == expected


def test_batches_are_loaded_at_the_same_time_and_before_they_are_asked_for():
    meeting = threading.Barrier(3)
    loader = DataLoader(Pairs(6, lambda n: meeting.wait(PATIENCE)), 1, shuffle=False, workers=3)
    assert [x.tolist() for x, _ in loader] == [[n] for n in range(6)]


def test_a_slow_batch_does_not_change_the_order():
    others = threading.Semaphore(0)

    def visit(n):
        if n == 0:
            for _ in range(3):
                assert others.acquire(timeout=PATIENCE)
        else:
            others.release()

    loader = DataLoader(Pairs(4, visit), 1, shuffle=False, workers=2)
    assert [x.tolist() for x, _ in loader] == [[0], [1], [2], [3]]


def test_two_batches_for_each_thread_are_loaded_ahead_and_no_more():
    visits = threading.Semaphore(0)
    loader = DataLoader(Pairs(100, lambda n: visits.release()), 1, shuffle=False, workers=2)
    next(loader)
    next(loader)
    for _ in range(5):  # two were given, and three wait: the next call would have a fourth loaded
        assert visits.acquire(timeout=PATIENCE)
    assert not visits.acquire(timeout=0.1)


def test_what_waits_is_not_loaded_when_the_loader_is_gone():
    visited, started, go_on = [], threading.Semaphore(0), threading.Event()

    def visit(n):
        visited.append(n)
        started.release()
        assert n == 0 or go_on.wait(PATIENCE)

    loader = DataLoader(Pairs(9, visit), 1, shuffle=False, workers=2)
    next(loader)
    for _ in range(3):  # batches 1 and 2 keep both threads, and 3 waits
        assert started.acquire(timeout=PATIENCE)
    del loader
    gc.collect()
    go_on.set()
    assert join()
    assert sorted(visited) == [0, 1, 2]


def test_an_error_is_raised_where_its_batch_is_asked_for_with_its_traceback():
    def visit(n):
        if n == 3:
            raise OSError("no such picture")

    loader = DataLoader(Pairs(6, visit), 1, shuffle=False, workers=2)
    assert [next(loader)[0].tolist() for _ in range(3)] == [[0], [1], [2]]
    with pytest.raises(OSError, match="no such picture") as caught:
        next(loader)
    assert "visit" in {frame.name for frame in traceback.extract_tb(caught.tb)}


def test_after_an_error_the_batch_can_be_asked_for_again():
    failing = [True]

    def visit(n):
        if n == 2 and failing:
            failing.clear()
            raise OSError("the disk was away")

    loader = DataLoader(Pairs(6, visit), 2, shuffle=False, workers=2)
    next(loader)
    with pytest.raises(OSError, match="the disk was away"):
        next(loader)
    assert [x.tolist() for x, _ in loader] == [[2, 3], [4, 5]]


def test_the_threads_end_with_the_epoch():
    loader = DataLoader(Pairs(6), 2, workers=2)
    list(loader)
    assert join()
    assert len(list(loader)) == 3


@pytest.mark.parametrize("end", ["reset", "load_state_dict", "del"])
def test_the_threads_end_when_a_loop_was_left_for_good(end):
    loader = DataLoader(Pairs(60), 2, workers=2, seed=0)
    for _ in loader:
        break
    if end == "reset":
        loader.reset()
    elif end == "load_state_dict":
        loader.load_state_dict(loader.state_dict())
    else:
        del loader
        gc.collect()
    assert join()


def test_a_loop_that_was_left_is_gone_on_with():
    loader = DataLoader(Pairs(8), 2, shuffle=False, workers=3)
    for _ in loader:
        break
    assert [x.tolist() for x, _ in loader] == [[2, 3], [4, 5], [6, 7]]


def test_what_was_loaded_ahead_is_forgotten_at_a_reset():
    loader = DataLoader(Pairs(20), 2, seed=0, workers=2)
    next(loader)
    loader.reset()
    expected = DataLoader(Pairs(20), 2, seed=0)
    expected.reset()
    assert [x.tolist() for x, _ in loader] == [x.tolist() for x, _ in expected]
