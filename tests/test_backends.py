"""The array-library seam."""

import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest

import dezero
from dezero.backends import as_cupy, as_numpy, get_array_module, is_array


@pytest.mark.parametrize("x", [np.zeros(3), np.array(1.0), np.zeros((2, 0)), np.zeros(2, np.float32)[::-1]])
def test_a_numpy_array_is_an_array_of_numpy(x):
    assert is_array(x)
    assert get_array_module(x) is np
    assert as_numpy(x) is x


@pytest.mark.parametrize("x", [1, 1.0, True, 1j, None, "text", [1.0], (1.0, 2.0), np.float64(1.0), {}, object()])
def test_what_is_no_array_is_handled_by_numpy(x):
    assert not is_array(x)
    assert get_array_module(x) is np


@pytest.mark.usefixtures("no_cupy")
def test_the_seam_works_where_cupy_cannot_be_imported():
    assert not is_array(1.0)
    assert get_array_module(np.zeros(1)) is np


def test_a_half_imported_cupy_is_no_obstacle(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", ModuleType("cupy"))
    assert not is_array(1.0)
    assert get_array_module(1.0) is np


def test_asking_does_not_import_cupy(monkeypatch):
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    is_array(object())
    get_array_module(object())
    as_numpy(1.0)
    assert "cupy" not in sys.modules


def test_an_array_of_cupy_is_an_array_of_cupy(cupy):
    x = cupy.asarray(np.arange(3.0))
    assert is_array(x)
    assert get_array_module(x) is cupy
    assert as_numpy(x) is x.host
    assert as_cupy(x) is x


def test_numpy_stays_numpy_beside_cupy(cupy):
    x = np.arange(3.0)
    assert is_array(x)
    assert get_array_module(x) is np
    assert as_cupy(x).host is x


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (2, np.array(2)),
        (2.5, np.array(2.5)),
        (True, np.array(True)),
        (1 + 2j, np.array(1 + 2j)),
        (np.float32(0.5), np.array(0.5, np.float32)),
        ([1.0, 2.0], np.array([1.0, 2.0])),
        ([[1, 2], [3, 4]], np.array([[1, 2], [3, 4]])),
    ],
)
def test_numbers_and_sequences_become_numpy_arrays(x, expected):
    y = as_numpy(x)
    assert isinstance(y, np.ndarray)
    assert y.dtype == expected.dtype
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize(("x", "kind"), [("text", "str"), (None, "NoneType"), ({1: 2}, "dict"), ([object()], "list")])
def test_what_holds_no_numbers_is_refused_by_its_type(x, kind):
    with pytest.raises(TypeError, match=f"as_numpy: {kind} holds no numbers"):
        as_numpy(x)


@pytest.mark.usefixtures("no_cupy")
def test_as_cupy_without_cupy_names_the_extra():
    with pytest.raises(ImportError, match=r'pip install "dezero-nth\[gpu\]"'):
        as_cupy(np.zeros(2))


def test_cupy_itself():
    cupy = pytest.importorskip("cupy")
    if not cupy.cuda.is_available():
        pytest.skip("no CUDA device")
    x = as_cupy(np.arange(3.0))
    assert is_array(x)
    assert get_array_module(x) is cupy
    np.testing.assert_array_equal(as_numpy(x * 2), [0.0, 2.0, 4.0])


FAULTS = """
import resource
import numpy as np
import dezero

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        [np.ones(500_000) for _ in range(3)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

kept = dezero.keep_memory()
faults()
print(kept, faults(), dezero.keep_memory(False), faults())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is the C library of Linux")
def test_kept_memory_is_used_again_and_is_given_back():
    done = subprocess.run([sys.executable, "-c", FAULTS], check=True, capture_output=True, text=True)
    kept, with_it, given_back, without = done.stdout.split()
    if kept == "False":
        pytest.skip("the C library is not glibc")
    assert given_back == "True"
    assert int(with_it) < 100
    assert int(without) > 1000


def test_where_the_c_library_is_another_one_nothing_is_changed(monkeypatch):
    monkeypatch.setattr("dezero.backends.memory.ctypes.CDLL", lambda name: object())
    assert dezero.keep_memory() is False


def test_kept_memory_is_asked_for_by_a_bool():
    with pytest.raises(TypeError, match="keep_memory: keep is 'no'; give True or False"):
        dezero.keep_memory("no")
