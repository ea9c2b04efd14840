"""A tree of arrays, numbers and strings as one file."""

import math
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dezero.training import read_checkpoint, write_checkpoint

arrays = hnp.arrays(
    st.sampled_from([np.float32, np.float64, np.int8, np.uint32, np.bool, np.complex64]), hnp.array_shapes(min_dims=0)
)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | arrays
keys = st.integers() | st.text(alphabet="a/'0é", max_size=4) | st.just("structure")
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=10
)


def identical(a, b):
    """Same kinds, same bits."""
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(identical(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(identical, a, b))
    if isinstance(a, np.ndarray | np.generic):
        return type(a) is type(b) and (a.dtype, a.shape) == (b.dtype, b.shape) and a.tobytes() == b.tobytes()
    if isinstance(a, float) and math.isnan(a):
        return isinstance(b, float) and math.isnan(b)
    return type(a) is type(b) and repr(a) == repr(b)


@given(tree=trees)
def test_what_is_read_is_what_was_written(tree, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "tree.npz"
    write_checkpoint(path, tree)
    assert identical(read_checkpoint(path), tree)


def test_scalars_tuples_and_numbers_of_any_length_keep_their_kinds(tmp_path):
    tree = {"scalar": np.float32(0.1), "pair": (1, 2.5), "state": 2**127 + 1, "zero-d": np.array(3.0)}
    write_checkpoint(tmp_path / "c.npz", tree)
    assert identical(read_checkpoint(tmp_path / "c.npz"), tree)


def test_arrays_can_be_read_by_numpy_under_their_path(tmp_path):
    write_checkpoint(tmp_path / "c.npz", {"model": {"l1/W": np.arange(3)}})
    with np.load(tmp_path / "c.npz", allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["model/l1/W"], [0, 1, 2])


def crafted(path, tree, **arrays):
    structure = np.frombuffer(f'{{"checkpoint": 1, "tree": {tree}}}'.encode(), np.uint8)
    np.savez(path, structure=structure, **arrays)
    return path


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ("[" * 100_000 + "]" * 100_000, "recursion"),
        ('{"list": [' * 5_000 + "]}" * 5_000, "recursion"),
        ('{"zzz": "x"}', "there is no kind 'zzz'"),
        ('{"array": ["x"]}', "unhashable"),
        ("{}", "not enough values"),
    ],
)
def test_odd_structures_are_refused_by_the_file_s_name(tmp_path, tree, message):
    with pytest.raises(ValueError, match=rf"odd\.npz: no checkpoint of a Trainer \(.*{message}"):
        read_checkpoint(crafted(tmp_path / "odd.npz", tree, x=np.ones(2)))


def test_a_compressed_file_is_refused_before_its_arrays_are_read(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "bomb.npz", structure=np.zeros(10_000_000, np.uint8))
    assert (tmp_path / "bomb.npz").stat().st_size < 20_000
    monkeypatch.setattr(np.lib.format, "read_array", None)
    with pytest.raises(
        ValueError, match=r"bomb\.npz: no checkpoint of a Trainer \(it is compressed, and 10000000 bytes"
    ):
        read_checkpoint(tmp_path / "bomb.npz")


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"model": object()}, "model is of type object"),
        ({"a": {"b": np.array([None])}}, "a/b is of type ndarray object"),
        ({"when": np.array("2020", "datetime64")}, "when is of type ndarray datetime64"),
        ({(1, 2): 3}, r"key \(1, 2\) in the tree"),
    ],
)
def test_what_cannot_be_saved_is_named_and_the_old_file_stays(tmp_path, tree, message):
    path = tmp_path / "c.npz"
    write_checkpoint(path, {"step": 1})
    with pytest.raises(TypeError, match=message):
        write_checkpoint(path, tree)
    assert read_checkpoint(path) == {"step": 1}
    assert os.listdir(tmp_path) == ["c.npz"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "c.npz"
    write_checkpoint(path, {"step": 1})

    def full(*_):
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="no space"):
            write_checkpoint(path, {"step": 2})
    assert read_checkpoint(path) == {"step": 1}
    assert os.listdir(tmp_path) == ["c.npz"]


def test_what_a_killed_writer_left_goes_with_the_next_write(tmp_path):
    (tmp_path / ".c.npz.partial.npz").write_bytes(b"PK")
    write_checkpoint(tmp_path / "c.npz", {"step": 1})
    assert os.listdir(tmp_path) == ["c.npz"]


def test_a_symbolic_link_stays_one(tmp_path):
    (tmp_path / "disk").mkdir()
    link = tmp_path / "c.npz"
    link.symlink_to(tmp_path / "disk" / "c.npz")
    write_checkpoint(link, {"step": 1})
    assert link.is_symlink()
    assert read_checkpoint(tmp_path / "disk" / "c.npz") == {"step": 1}


def test_files_of_another_kind_are_refused_by_name(tmp_path):
    np.savez(tmp_path / "weights.npz", W=np.ones(2))
    with pytest.raises(ValueError, match=r"weights\.npz: no checkpoint"):
        read_checkpoint(tmp_path / "weights.npz")
    np.savez(tmp_path / "later.npz", structure=np.frombuffer(b'{"checkpoint": 2, "tree": 1}', np.uint8))
    with pytest.raises(ValueError, match=r"version 2, and this library reads version 1"):
        read_checkpoint(tmp_path / "later.npz")
    np.savez(tmp_path / "odd.npz", structure=np.frombuffer(b'{"checkpoint": 1, "tree": {"array": "gone"}}', np.uint8))
    with pytest.raises(ValueError, match=r"odd\.npz: no checkpoint .*gone"):
        read_checkpoint(tmp_path / "odd.npz")
    for use in (lambda path: write_checkpoint(path, {}), read_checkpoint):
        with pytest.raises(ValueError, match=r"must end in \.npz"):
            use(tmp_path / "c.pkl")


def test_every_truncation_of_a_file_is_refused(tmp_path):
    path = tmp_path / "c.npz"
    write_checkpoint(path, {"step": 1, "W": np.arange(4.0)})
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"c\.npz"):
            read_checkpoint(path)
