"""Weights in files: what comes back, and what no file, however damaged, can do."""

import io
import json
import pickle
import re
import sys
import warnings
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import dezero.layers as L
from dezero import Layer
from dezero.io import read_arrays, write_arrays

FORMATS = ["npz", "safetensors"]


class Net(Layer):
    def __init__(self, in_size=3):
        self.l1, self.norm, self.l2 = L.Linear(4, in_size=in_size), L.BatchNorm(), L.Linear(2)

    def forward(self, x):
        return self.l2(self.norm(self.l1(x)))


def trained(seed=0):
    np.random.seed(seed)
    net = Net()
    net(np.random.rand(5, 3).astype(np.float32))
    return net


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) and a[k].dtype == b[k].dtype for k in a)


def assert_refused(path, error, says, net=None):
    """load_weights raises, and the weights are what they were."""
    net = net or trained(1)
    before = net.state_dict()
    with pytest.raises(error, match=says):
        net.load_weights(path)
    assert same(net.state_dict(), before)


# -- there and back --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
def test_weights_come_back_into_a_layer_that_saw_no_input(tmp_path, suffix):
    net, path = trained(), tmp_path / f"net.{suffix}"
    net.save_weights(path)
    for other in (Net(), Net(in_size=None), trained(1)):
        other.load_weights(path)
        assert same(other.state_dict(), net.state_dict())


@pytest.mark.parametrize("suffix", FORMATS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    state=st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(
            lambda s: s != "__metadata__"
        ),
        arrays.arrays(
            st.sampled_from(["?", "<i8", "|u1", "<f2", "<f4", "<f8"]), arrays.array_shapes(min_dims=0, min_side=0)
        ),
        max_size=4,
    )
)
def test_arrays_of_any_name_shape_and_kind_come_back_bit_by_bit(tmp_path, suffix, state):
    state = {name: value for name, value in state.items() if not name.endswith(".npy")}
    path = write_arrays(tmp_path / f"any.{suffix}", state)
    found = read_arrays(path)
    assert found.keys() == state.keys()
    for name, value in state.items():
        assert (found[name].shape, found[name].dtype, found[name].tobytes()) == (
            value.shape,
            value.dtype,
            value.tobytes(),
        )


def test_complex_and_transposed_arrays_come_back(tmp_path):
    state = {"c": np.array([1 + 2j]), "t": np.arange(6.0).reshape(2, 3).T}
    for suffix in FORMATS:
        chosen = state if suffix == "npz" else {"t": state["t"]}
        found = read_arrays(write_arrays(tmp_path / f"a.{suffix}", chosen))
        assert same(found, chosen)


def test_a_name_without_suffix_is_saved_as_npz_and_found_again(tmp_path):
    net = trained()
    net.save_weights(tmp_path / "net")
    net.save_weights(str(tmp_path / "epoch.3"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["epoch.3.npz", "net.npz"]
    for name in ("net", "net.npz", "epoch.3"):
        other = trained(1)
        other.load_weights(tmp_path / name)
        assert same(other.state_dict(), net.state_dict())


def test_numpy_reads_what_is_saved(tmp_path):
    net = trained()
    net.save_weights(tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz") as file:
        assert same(dict(file), net.state_dict())


def test_files_of_the_original_load(tmp_path):
    """It writes numpy.savez_compressed of path: array, running statistics among them, float64 where it made them so."""
    net = trained()
    state = {name: value.astype(np.float64) for name, value in net.state_dict().items()}
    assert sorted(state) == sorted(
        ["l1/W", "l1/b", "l2/W", "l2/b", "norm/avg_mean", "norm/avg_var", "norm/beta", "norm/gamma"]
    )
    np.savez_compressed(tmp_path / "net.npz", **state)
    other = trained(1)
    other.load_weights(tmp_path / "net.npz")
    assert same(other.state_dict(), net.state_dict())


def test_the_originals_files_may_hold_more_with_strict_off(tmp_path):
    net = trained()
    np.savez_compressed(tmp_path / "net.npz", **net.state_dict(), extra=np.ones(3))
    other = trained(1)
    other.load_weights(tmp_path / "net.npz", strict=False)
    assert same(other.state_dict(), net.state_dict())


# -- names, shapes and kinds that do not fit ---------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (lambda s: s.pop("l2/W"), KeyError, "lacks l2/W"),
        (lambda s: s.update(l3=np.ones(2)), KeyError, "has l3 too many"),
        (lambda s: s.update({"l1/W": np.ones((4, 3))}), ValueError, r"l1/W has shape \(4, 3\), and Net needs \(3, 4\)"),
        (lambda s: s.update({"norm/gamma": np.ones((4, 1))}), ValueError, "norm/gamma has shape"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_its_name(tmp_path, suffix, change, error, says):
    state, path = trained().state_dict(), tmp_path / f"net.{suffix}"
    change(state)
    write_arrays(path, state)
    assert_refused(path, error, re.escape(str(path)))
    assert_refused(path, error, says)


def test_complex_weights_are_refused(tmp_path):
    state = {**trained().state_dict(), "l1/b": np.ones(4, complex)}
    assert_refused(write_arrays(tmp_path / "net.npz", state), TypeError, "l1/b holds complex128")


def test_weights_not_made_yet_are_not_saved(tmp_path):
    with pytest.raises(ValueError, match="holds no data yet"):
        Net().save_weights(tmp_path / "net.npz")
    assert list(tmp_path.iterdir()) == []


# -- files of another kind, and damaged ones ---------------------------------------------------------------------


def test_a_missing_file_and_a_folder_are_told_apart_from_a_bad_one(tmp_path):
    assert_refused(tmp_path / "none.npz", FileNotFoundError, "none.npz")
    assert_refused(tmp_path, FileNotFoundError, "no such file")


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("content", [b"", b"PK", b"\0" * 100, b"hello", pickle.dumps({"l1/W": 1}), b"\x93NUMPY" * 5])
def test_what_is_no_file_of_arrays_is_refused(tmp_path, suffix, content):
    path = tmp_path / f"net.{suffix}"
    path.write_bytes(content)
    assert_refused(path, ValueError, re.escape(str(path)))


def test_a_file_of_the_other_format_is_refused(tmp_path):
    net = trained()
    for a, b in (FORMATS, FORMATS[::-1]):
        net.save_weights(tmp_path / f"net.{a}")
        path = (tmp_path / f"net.{a}").rename(tmp_path / f"other.{b}")
        assert_refused(path, ValueError, "damaged|no npz")


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_cut_short_anywhere_is_refused(tmp_path, suffix):
    trained().save_weights(tmp_path / f"net.{suffix}")
    whole, path, net = (tmp_path / f"net.{suffix}").read_bytes(), tmp_path / f"cut.{suffix}", trained(1)
    for end in range(0, len(whole), 10):
        path.write_bytes(whole[:end])
        assert_refused(path, ValueError, re.escape(str(path)), net)


@pytest.mark.parametrize("save", [write_arrays, lambda path, state: np.savez_compressed(path, **state)])
def test_a_byte_changed_anywhere_in_npz_is_refused_or_changes_no_weight(tmp_path, save):
    saved, path, net = trained().state_dict(), tmp_path / "net.npz", trained(1)
    save(path, saved)
    whole, before = path.read_bytes(), net.state_dict()
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        error = error_of_loading(net, path)
        if error:
            assert str(path) in str(error)
        assert same(net.state_dict(), before if error else saved)
        net.load_state_dict(before)


def error_of_loading(net, path):
    try:
        net.load_weights(path)
    except (ValueError, KeyError, TypeError) as error:
        return error
    return None


# -- files made to do harm ---------------------------------------------------------------------------------------


def npy(array=None, **header):
    """The bytes of an .npy file, whose header may tell anything."""
    file = io.BytesIO()
    array = np.ones(4, np.float32) if array is None else array
    told = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape, **header}
    np.lib.format.write_array_header_1_0(file, told)
    return file.getvalue() + array.tobytes()


def archive(path, members, kind=zipfile.ZIP_STORED):
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", kind) as file:
        warnings.simplefilter("ignore")  # of a name that comes twice
        for name, content in members:
            file.writestr(name, content)
    return path


def members_of(net, **others):
    state = {name: npy(value) for name, value in net.state_dict().items()}
    return [(f"{name}.npy", content) for name, content in {**state, **others}.items()]


class Bomb:
    def __reduce__(self):
        return exec, ("raise SystemExit('unpickled')",)


def test_pickled_objects_are_never_loaded(tmp_path):
    np.savez(tmp_path / "net.npz", **{**trained().state_dict(), "l1/W": np.array([Bomb()], dtype=object)})
    assert_refused(tmp_path / "net.npz", ValueError, "l1/W.npy holds Python objects")


def test_pickles_hidden_as_members_are_never_loaded(tmp_path):
    path = archive(tmp_path / "net.npz", members_of(trained(), **{"l1/W": pickle.dumps(Bomb())}))
    assert_refused(path, ValueError, "damaged, or no npz file")


@pytest.mark.parametrize("twin", ["l1/b.npy", "l1/b"])
def test_two_members_of_one_name_are_refused(tmp_path, twin):
    path = archive(tmp_path / "net.npz", [*members_of(trained()), (twin, npy(np.full(4, 7, np.float32)))])
    assert_refused(path, ValueError, "two arrays have the same name")


@pytest.mark.parametrize("shape", [(10**15,), (2**62, 2**62), (-1,), (4, 0), ()])
def test_a_header_that_claims_another_size_than_there_is_is_refused(tmp_path, shape):
    path = archive(tmp_path / "net.npz", members_of(trained(), **{"l1/b": npy(shape=shape)}))
    assert_refused(path, ValueError, "damaged, or no npz file")


@pytest.mark.parametrize("descr", ["|O", "<U4", "|V4", "<M8[s]", [("a", "<f4")]])
def test_members_that_are_no_numbers_are_refused(tmp_path, descr):
    path = archive(tmp_path / "net.npz", members_of(trained(), **{"l1/b": npy(descr=descr)}))
    assert_refused(path, ValueError, "which is not read|damaged")


def test_a_small_file_of_a_huge_array_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    huge = npy(np.zeros((3, 10**6), np.float32))
    path = archive(tmp_path / "net.npz", members_of(trained(), **{"l1/W": huge}), zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 10**5
    monkeypatch.setattr(np, "load", lambda *_, **__: pytest.fail("the arrays were read"))
    assert_refused(path, ValueError, r"l1/W has shape \(3, 1000000\)")


def test_a_member_that_needs_a_password_is_refused(tmp_path):
    path = archive(tmp_path / "net.npz", members_of(trained()))
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    content[content.index(b"PK\x03\x04") + 6] |= 1
    path.write_bytes(content)
    assert_refused(path, ValueError, "encrypted")


def test_a_safetensors_header_that_claims_another_size_is_refused(tmp_path):
    def file(**told):
        header = json.dumps({"l1/b": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16], **told}}).encode()
        return len(header).to_bytes(8, "little") + header + bytes(16)

    path = tmp_path / "net.safetensors"
    path.write_bytes(file())
    assert read_arrays(path)["l1/b"].shape == (4,)
    for told in ({"shape": [10**12]}, {"data_offsets": [0, 10**12]}, {"shape": [-4]}, {"dtype": "PICKLE"}):
        path.write_bytes(file(**told))
        assert_refused(path, ValueError, "damaged, or no safetensors file")
    path.write_bytes((2**63).to_bytes(8, "little") + bytes(100))
    assert_refused(path, ValueError, "damaged")
    path.write_bytes(file(dtype="BF16", shape=[8]))
    assert_refused(path, ValueError, "BF16.*which NumPy does not have")


# -- writing that is broken off ----------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, MemoryError])
def test_writing_broken_off_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, error):
    path = tmp_path / "net.npz"
    trained().save_weights(path)
    old, written, write = path.read_bytes(), [], np.lib.format.write_array

    def breaks_off(file, array, **options):
        if len(written) == 3:
            raise error("broken off")
        written.append(array)
        write(file, array, **options)

    monkeypatch.setattr(np.lib.format, "write_array", breaks_off)
    with pytest.raises(error, match="broken off"):
        trained(1).save_weights(path)
    assert len(written) == 3
    assert path.read_bytes() == old
    assert [p.name for p in tmp_path.iterdir()] == ["net.npz"]


def test_safetensors_broken_off_leaves_the_old_file(tmp_path, monkeypatch):
    import safetensors.numpy

    path = tmp_path / "net.safetensors"
    trained().save_weights(path)
    old = path.read_bytes()

    def breaks_off(arrays, to):
        to.write_bytes(b"half")
        raise OSError("broken off")

    monkeypatch.setattr(safetensors.numpy, "save_file", breaks_off)
    with pytest.raises(OSError, match="broken off"):
        trained(1).save_weights(path)
    assert path.read_bytes() == old
    assert [p.name for p in tmp_path.iterdir()] == ["net.safetensors"]


def test_objects_are_not_written(tmp_path):
    with pytest.raises(TypeError, match="'a' holds Python objects"):
        write_arrays(tmp_path / "a.npz", {"b": np.ones(1), "a": np.array([{}])})
    assert list(tmp_path.iterdir()) == []


def test_a_missing_safetensors_names_the_extra(tmp_path, monkeypatch):
    path = tmp_path / "net.safetensors"
    trained().save_weights(path)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    assert_refused(path, ImportError, re.escape('pip install "dezero-nth[learn]"'))
    with pytest.raises(ImportError, match="learn"):
        trained().save_weights(tmp_path / "new.safetensors")
    assert [p.name for p in tmp_path.iterdir()] == ["net.safetensors"]
