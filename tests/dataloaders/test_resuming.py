"""A loader's state: what goes on from it draws the same batches."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dezero.dataloaders import DataLoader, SeqDataLoader

PAIRS = [(n, 10 * n) for n in range(10)]


def draw(loader, count):
    """The next `count` batches, over the ends of epochs."""
    batches = []
    while len(batches) < count:
        batch = next(loader, None)
        if batch is not None:
            batches.append(batch[0].tolist())
    return batches


def stored(state):
    """What a file of arrays gives back."""
    return {name: np.array(value) for name, value in state.items()}


@settings(max_examples=50)
@given(st.integers(0, 9), st.integers(1, 5), st.sampled_from([0, 2]), st.booleans())
def test_with_a_seed_all_that_follows_is_the_same(before, batch_size, workers, shuffle):
    first = DataLoader(PAIRS, batch_size, shuffle, seed=5, workers=workers)
    draw(first, before)
    state = stored(first.state_dict())
    second = DataLoader(PAIRS, batch_size, shuffle, seed=5, workers=workers)
    draw(second, 3)
    second.load_state_dict(state)
    assert draw(first, 12) == draw(second, 12)


def test_without_a_seed_the_epoch_is_finished_alike_and_numpy_s_state_gives_the_next():
    first = DataLoader(PAIRS, 3)
    draw(first, 2)
    state, numpy_state = stored(first.state_dict()), np.random.get_state()
    expected = draw(first, 6)
    second = DataLoader(PAIRS, 3)
    second.load_state_dict(state)
    np.random.set_state(numpy_state)
    assert draw(second, 6) == expected


def test_sequences_go_on():
    first = SeqDataLoader(PAIRS, 3)
    draw(first, 2)
    second = SeqDataLoader(PAIRS, 3)
    second.load_state_dict(stored(first.state_dict()))
    assert draw(first, 5) == draw(second, 5)


def test_the_state_does_not_change_with_the_loader():
    loader = DataLoader(PAIRS, 3, seed=0)
    state = loader.state_dict()
    kept = {name: np.copy(value) for name, value in state.items()}
    loader.index[:] = 0
    draw(loader, 7)
    loader.load_state_dict(state)
    loader.index[:] = 0
    for name, value in kept.items():
        np.testing.assert_array_equal(state[name], value)


GOOD = DataLoader(PAIRS, 3, seed=0).state_dict()


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        ({}, KeyError, "the state has the entries"),
        ({**GOOD, "more": 1}, KeyError, "the state has the entries"),
        ({**GOOD, "batch_size": 4}, ValueError, "the state is of batch_size 4, and this loader's is 3"),
        ({**GOOD, "seed": 1}, ValueError, "the state is of seed 1, and this loader's is 0"),
        ({**GOOD, "seed": -1}, ValueError, "the state is of seed -1, and this loader's is 0"),
        ({**GOOD, "index": np.arange(9)}, ValueError, "no order of this loader's 10 examples"),
        ({**GOOD, "index": np.zeros(10, int)}, ValueError, "no order of this loader's 10 examples"),
        ({**GOOD, "index": np.arange(10.0)}, ValueError, "no order of this loader's 10 examples"),
        ({**GOOD, "index": np.arange(10).reshape(2, 5)}, ValueError, "no order of this loader's 10 examples"),
        ({**GOOD, "index": np.arange(10, dtype=np.uint64)}, ValueError, "no order of this loader's 10 examples"),
        ({**GOOD, "index": 3}, ValueError, "no order of this loader's 10 examples"),
        ({**GOOD, "index": "order"}, ValueError, "no order of this loader's 10 examples"),
        ({**GOOD, "iteration": 5}, ValueError, "there is no batch 5 of epoch 0"),
        ({**GOOD, "iteration": -1}, ValueError, "there is no batch -1 of epoch 0"),
        ({**GOOD, "epoch": -1}, ValueError, "there is no batch 0 of epoch -1"),
        ({**GOOD, "iteration": 1.5}, TypeError, "the state's iteration must be an integer, not float"),
    ],
)
def test_a_state_that_does_not_fit_is_named_and_changes_nothing(state, error, message):
    loader, twin = (DataLoader(PAIRS, 3, seed=0) for _ in range(2))
    draw(loader, 2), draw(twin, 2)
    with pytest.raises(error, match=message):
        loader.load_state_dict(state)
    assert draw(loader, 6) == draw(twin, 6)
