"""Functions are pickled by name, so that models which hold them can be sent to other processes."""

import pickle

import pytest

import dezero.functions as F


@pytest.mark.parametrize("name", dir(F))
def test_every_function_can_be_pickled(name):
    function = getattr(F, name)
    assert pickle.loads(pickle.dumps(function)) is function
