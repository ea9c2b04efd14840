"""Arrays by name in files: what may be written, and what is read."""

import io
import zipfile

import numpy as np
import pytest

from dezero.io import read_arrays, write_arrays


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_names_that_end_in_npy_do_not_take_one_another_s_arrays(tmp_path):
    state = {"x": np.zeros(2), "x.npy": np.ones(3), "x.npy.npy": np.full(4, 2.0)}
    found = read_arrays(write_arrays(tmp_path / "t.npz", state))
    assert list(found) == list(state)
    for name, array in state.items():
        np.testing.assert_array_equal(found[name], array, strict=True)


def test_the_array_that_is_read_is_the_one_that_was_checked(tmp_path):
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as archive:
        archive.writestr("W.npy.npy", npy(np.ones((2, 3))))
        archive.writestr("W", npy(np.zeros(1000)))
    checked = {}
    found = read_arrays(tmp_path / "c.npz", checked.update)
    assert {name: (array.shape, array.dtype) for name, array in found.items()} == checked
    assert checked["W.npy"][0] == (2, 3)


def test_two_members_of_one_name_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as archive:
        archive.writestr("W.npy", npy(np.ones(2)))
        archive.writestr("W", npy(np.ones(3)))
    with pytest.raises(ValueError, match=r"c\.npz: damaged.*two arrays have the same name"):
        read_arrays(tmp_path / "c.npz")


@pytest.mark.parametrize("compressed", [False, True])
def test_a_changed_byte_is_noticed(tmp_path, compressed):
    array = np.random.default_rng(0).normal(size=5000)
    (np.savez_compressed if compressed else np.savez)(tmp_path / "c.npz", W=array)
    content = bytearray((tmp_path / "c.npz").read_bytes())
    content[20_000] ^= 1
    (tmp_path / "c.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"c\.npz: damaged"):
        read_arrays(tmp_path / "c.npz")


def test_what_the_check_raises_is_raised_and_nothing_is_read(tmp_path, monkeypatch):
    def refuse(found):
        assert found == {"W": ((3,), np.dtype(np.float64))}
        raise LookupError("not mine")

    path = write_arrays(tmp_path / "c.npz", {"W": np.ones(3)})
    monkeypatch.setattr(np.lib.format, "read_array", None)
    with pytest.raises(LookupError, match=r"^not mine$"):
        read_arrays(path, refuse)


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
@pytest.mark.parametrize(
    ("array", "holds"),
    [
        (np.array(["x"]), "<U1"),
        (np.array([b"x"]), "S1"),
        (np.array("2020", "datetime64[Y]"), r"datetime64\[Y\]"),
        (np.zeros(2, [("a", "f4")]), "a"),
        (np.array([None]), "Python objects"),
    ],
)
def test_what_would_not_be_read_is_not_written(tmp_path, suffix, array, holds):
    with pytest.raises(TypeError, match=rf"write_arrays: 'W' holds .*{holds}.*; only arrays of numbers are written"):
        write_arrays(tmp_path / f"c.{suffix}", {"good": np.ones(2), "W": array})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("dtype", [np.complex128, np.longdouble])
def test_kinds_that_safetensors_does_not_have_are_told(tmp_path, dtype):
    with pytest.raises(TypeError, match=f"'W' holds {np.dtype(dtype)}, which safetensors does not have; use .npz"):
        write_arrays(tmp_path / "c.safetensors", {"W": np.ones(2, dtype)})
    assert not list(tmp_path.iterdir())
    np.testing.assert_array_equal(
        read_arrays(write_arrays(tmp_path / "c.npz", {"W": np.ones(2, dtype)}))["W"], np.ones(2, dtype), strict=True
    )


@pytest.mark.parametrize("dtype", ["?", "u1", "i8", "f2", "f4", ">f4", "f8", "c8"])
def test_kinds_that_both_formats_have_come_back(tmp_path, dtype):
    array = np.arange(3).astype(dtype)
    for suffix in ("npz", "safetensors"):
        found = read_arrays(write_arrays(tmp_path / f"c.{suffix}", {"W": array}))["W"]
        np.testing.assert_array_equal(found, array)
        assert found.dtype.newbyteorder("=") == array.dtype.newbyteorder("=")
