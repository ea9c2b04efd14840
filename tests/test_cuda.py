"""DeZero's names for the GPU."""

import subprocess
import sys

import numpy as np
import pytest

import dezero.cuda
from dezero import Variable


@pytest.fixture(autouse=True)
def unread_gpu_enable():
    vars(dezero.cuda).pop("gpu_enable", None)
    yield
    vars(dezero.cuda).pop("gpu_enable", None)


def test_get_array_module_of_variables_arrays_and_numbers():
    assert [dezero.cuda.get_array_module(x) for x in (Variable(np.zeros(2)), np.zeros(2), 1.0)] == [np] * 3


def test_as_numpy_gives_the_data_itself():
    data = np.arange(3.0)
    assert dezero.cuda.as_numpy(Variable(data)) is data
    assert dezero.cuda.as_numpy(data) is data


def test_as_numpy_takes_a_variable_that_carries_a_graph():
    np.testing.assert_array_equal(dezero.cuda.as_numpy(Variable(np.array([1.0, 2.0])) * 3), [3.0, 6.0])


def test_as_numpy_of_a_number_is_an_array():
    y = dezero.cuda.as_numpy(2.5)
    assert isinstance(y, np.ndarray)
    assert y.shape == ()
    assert y == 2.5


def test_as_numpy_refuses_an_empty_variable():
    with pytest.raises(TypeError, match="NoneType"):
        dezero.cuda.as_numpy(Variable(None))


@pytest.mark.usefixtures("no_cupy")
def test_as_cupy_without_cupy_names_the_extra():
    for x in (Variable(np.zeros(2)), np.zeros(2), 1.0):
        with pytest.raises(ImportError, match=r"dezero-nth\[gpu\]"):
            dezero.cuda.as_cupy(x)


def test_as_cupy_moves_variables_and_arrays(cupy):
    data = np.arange(3.0)
    for x in (Variable(data), data):
        moved = dezero.cuda.as_cupy(x)
        assert isinstance(moved, cupy.ndarray)
        assert moved.host is data


@pytest.mark.usefixtures("no_cupy")
def test_gpu_enable_without_cupy():
    assert dezero.cuda.gpu_enable is False


@pytest.mark.parametrize("available", [True, False])
def test_gpu_enable_asks_cupy_for_a_device(cupy, available):
    cupy.cuda.is_available = lambda: available
    assert dezero.cuda.gpu_enable is available


def test_the_module_has_no_other_hidden_names():
    with pytest.raises(AttributeError, match=r"'dezero\.cuda' has no attribute 'gpu_enabled'"):
        _ = dezero.cuda.gpu_enabled


def test_importing_the_module_does_not_look_for_cupy():
    code = (
        "import sys, importlib.abc\n"
        "class Watch(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        assert name != 'cupy', 'cupy was looked for'\n"
        "sys.meta_path.insert(0, Watch())\n"
        "import dezero.cuda\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
