"""JAX's functions with a counterpart here: orders 1 to 4 along curves, forward in forward, reverse thrice, jets."""

import pytest

from tests.peers.jax_functions.comparing import hold_curves, hold_reverse, jet_agrees
from tests.peers.jax_functions.differences import DIFFERENCES, NO_JET
from tests.peers.jax_functions.table import PAIRS

CASES = [(name, i) for name, pair in PAIRS.items() for i in range(len(pair.trials))]


def held(name, check):
    """The check holds, or fails as the list of differences says."""
    if (name, check.__name__) in DIFFERENCES:
        with pytest.raises(AssertionError):
            check()
    else:
        check()


@pytest.mark.parametrize(("name", "trial"), CASES, ids=str)
def test_forward(name, trial):
    ours, theirs, trials = PAIRS[name]

    def forward():
        hold_curves(ours, theirs, trials[trial], trial)

    held(name, forward)


@pytest.mark.parametrize(("name", "trial"), CASES, ids=str)
def test_reverse(name, trial):
    ours, theirs, trials = PAIRS[name]

    def reverse():
        hold_reverse(ours, theirs, trials[trial], trial)

    held(name, reverse)


@pytest.mark.parametrize("name", PAIRS)
def test_jet(name):
    ours, theirs, trials = PAIRS[name]

    def jet():
        assert jet_agrees(ours, theirs, trials[0], 0) is (name not in NO_JET)

    held(name, jet)
