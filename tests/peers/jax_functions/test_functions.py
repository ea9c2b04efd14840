"""JAX's functions with a counterpart here: orders 1 to 4 along curves, forward in forward, reverse thrice, jets."""

import pytest

from tests.peers.jax_functions.comparing import hold_curves, hold_reverse, jet_agrees
from tests.peers.jax_functions.no_jet import NO_JET
from tests.peers.jax_functions.table import PAIRS

CASES = [(name, i) for name, pair in PAIRS.items() for i in range(len(pair.trials))]


@pytest.mark.parametrize("hold", [hold_curves, hold_reverse], ids=["forward", "reverse"])
@pytest.mark.parametrize(("name", "trial"), CASES, ids=str)
def test_derivatives(name, trial, hold):
    ours, theirs, trials = PAIRS[name]
    hold(ours, theirs, trials[trial], trial)


@pytest.mark.parametrize("name", PAIRS)
def test_jet(name):
    ours, theirs, trials = PAIRS[name]
    assert jet_agrees(ours, theirs, trials[0], 0) is (name not in NO_JET)
