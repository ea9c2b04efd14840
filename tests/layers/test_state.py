"""States that do not fit at all, and large containers beside the layers."""

import numpy as np
import pytest

import dezero.layers as L
from dezero import Layer
from dezero.io import write_arrays


def test_strict_false_still_refuses_a_state_of_which_nothing_fits():
    layer = L.Linear(2, in_size=2)
    before = layer.state_dict()
    with pytest.raises(KeyError, match=r"has l1/W too many; no name fits: rename them"):
        layer.load_state_dict({"l1/W": np.zeros((2, 2))}, strict=False)
    layer.load_state_dict({"b": np.ones(2), "c": np.ones(3)}, strict=False)
    np.testing.assert_array_equal(layer.b.data, 1)
    np.testing.assert_array_equal(layer.W.data, before["W"])


def test_a_trainers_checkpoint_is_told_by_its_names(tmp_path):
    path = write_arrays(tmp_path / "c.npz", {"structure": np.zeros(3, np.uint8), "model/W": np.zeros((2, 2))})
    with pytest.raises(KeyError, match=r"checkpoint of a Trainer: load_state_dict\(read_checkpoint\(path\)"):
        L.Linear(2, in_size=2).load_weights(path)


def test_parts_are_found_in_containers_of_other_things_too():
    class Mixed(Layer):
        def __init__(self):
            self.words = [str(n) for n in range(1000)]
            self.steps = ["first", L.Linear(2, in_size=2), {"inner": (np.tanh, L.Linear(3, in_size=2))}]

    names = [name for name, _ in Mixed().named_params()]
    assert names == ["steps/1/W", "steps/1/b", "steps/2/inner/1/W", "steps/2/inner/1/b"]
