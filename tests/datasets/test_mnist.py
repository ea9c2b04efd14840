"""MNIST from small files made here in its format."""

import gzip
import hashlib

import numpy as np
import pytest

from dezero.datasets import MNIST
from dezero.datasets.mnist import read_idx
from dezero.datasets.pictures import mosaic

RNG = np.random.default_rng(0)
IMAGES = {True: RNG.integers(0, 256, (20, 28, 28)).astype(np.uint8), False: np.zeros((7, 28, 28), np.uint8)}
LABELS = {True: RNG.integers(0, 10, 20).astype(np.uint8), False: np.arange(7, dtype=np.uint8)}


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return gzip.compress(header + array.tobytes(), mtime=0)


@pytest.fixture
def files(folder, monkeypatch):
    """MNIST's files with a few images of noise, and their digests in place of the real ones."""
    digests = {}
    for train, names in MNIST.files.items():
        for name, array in zip(names, (IMAGES[train], LABELS[train]), strict=True):
            content = idx(array)
            (folder / name).write_bytes(content)
            digests.setdefault(train, {})[name] = hashlib.sha256(content).hexdigest()
    monkeypatch.setattr(MNIST, "files", digests)


@pytest.mark.parametrize("train", [True, False])
def test_images_and_labels(files, train):
    dataset = MNIST(train)
    np.testing.assert_array_equal(dataset.data, IMAGES[train][:, np.newaxis], strict=True)
    np.testing.assert_array_equal(dataset.label, LABELS[train].astype(np.int64), strict=True)
    assert dataset.data.flags.writeable


def test_the_default_transform_makes_vectors_from_0_to_1(files):
    x, t = MNIST()[3]
    np.testing.assert_array_equal(x, IMAGES[True][3].ravel() / np.float32(255), strict=True)
    assert t == LABELS[True][3]


def test_without_a_transform_images_come_as_they_are(files):
    np.testing.assert_array_equal(MNIST(transform=None)[3][0], IMAGES[True][3][np.newaxis], strict=True)


def test_files_with_another_digest_are_refused(folder, files):
    name = "train-images-idx3-ubyte.gz"
    (folder / name).write_bytes(idx(IMAGES[False]))
    with pytest.raises(ValueError, match=f"{name} is not the file expected: its SHA-256 is"):
        MNIST()


def test_the_known_digests_are_asked_for(folder):
    (folder / "train-images-idx3-ubyte.gz").write_bytes(idx(IMAGES[True]))
    with pytest.raises(ValueError, match="440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"):
        MNIST()


def test_what_is_not_there_is_downloaded_from_the_mirror(folder):
    with pytest.raises(OSError, match=r"https://ossci-datasets.*/mnist/t10k-images-idx3-ubyte.gz"):
        MNIST(train=False)
    assert list(folder.iterdir()) == []


def test_a_subclass_reads_other_files_in_the_format(folder):
    class Dots(MNIST):
        url = "https://example.org/"
        files = {True: {"dots-images.gz": None, "dots-labels.gz": None}}  # noqa: RUF012

    (folder / "dots-images.gz").write_bytes(idx(np.arange(12, dtype=np.uint8).reshape(3, 2, 2)))
    (folder / "dots-labels.gz").write_bytes(idx(np.arange(3, dtype=np.uint8)))
    assert Dots().data.shape == (3, 1, 2, 2)
    (folder / "dots-labels.gz").write_bytes(idx(np.arange(4, dtype=np.uint8)))
    with pytest.raises(ValueError, match="Dots: 3 examples have 4 labels"):
        Dots()


def test_labels():
    assert MNIST.labels() == {i: str(i) for i in range(10)}


WHOLE = idx(IMAGES[True])


BODY = gzip.decompress(WHOLE)
DAMAGED = {
    "empty": (b"", "no IDX file of bytes with 3 axes"),
    "a page": (b"<html>not found</html>", "no whole gzip file"),
    "cut": (WHOLE[:2000], "no whole gzip file"),
    "overwritten": (WHOLE[:30] + bytes(50) + WHOLE[80:], "no whole gzip file"),
    "another checksum": (WHOLE[:-8] + bytes(8), "no whole gzip file"),
    "labels": (idx(LABELS[True]), "no IDX file of bytes with 3 axes: it begins with"),
    "half a header": (gzip.compress(BODY[:6]), "no IDX file of bytes with 3 axes"),
    "floats": (gzip.compress(bytes([0, 0, 13, 3] + 12 * [0])), "no IDX file of bytes with 3 axes"),
    "a byte less": (gzip.compress(BODY[:-1]), r"says it is of shape \(20, 28, 28\), and holds 15679 elements"),
    "a byte more": (gzip.compress(BODY + b"x"), r"says it is of shape \(20, 28, 28\), and holds 15681 elements"),
    "a huge shape": (gzip.compress(bytes([0, 0, 8, 3] + 12 * [255])), "says it is of shape .*, and holds 0 elements"),
}


@pytest.mark.parametrize(("content", "message"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_named(tmp_path, content, message):
    path = tmp_path / "images.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"images\.gz: {message}"):
        read_idx(path, ndim=3)


@pytest.mark.parametrize("images", [IMAGES[True][:1], np.zeros((3, 28, 28), np.uint8)], ids=["noise", "zeros"])
def test_damage_anywhere_is_an_error_that_names_the_file_or_does_no_harm(tmp_path, images):
    path, whole = tmp_path / "images.gz", idx(images)
    for start in range(len(whole)):
        path.write_bytes(whole[:start] + b"\xff" + whole[start + 1 :])
        try:
            found = read_idx(path, ndim=3)
        except ValueError as error:
            assert "images.gz: " in str(error)  # noqa: PT017  # most are, but not all
        else:
            np.testing.assert_array_equal(found, images)


# -- pictures


def test_mosaic_lays_images_side_by_side():
    images = np.arange(2 * 3 * 3 * 4 * 5).reshape(6, 3, 4, 5)
    picture = mosaic(images, 2, 3)
    assert picture.shape == (8, 15, 3)
    for r in range(2):
        for c in range(3):
            place = picture[4 * r : 4 * r + 4, 5 * c : 5 * c + 5]
            np.testing.assert_array_equal(place, images[3 * r + c].transpose(1, 2, 0))


def test_show_draws_images_at_random(files, monkeypatch):
    import matplotlib.pyplot as plt

    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.gca().get_images()[0].get_array()))
    np.random.seed(0)
    chosen = np.random.randint(20, size=6)
    np.random.seed(0)
    MNIST().show(row=2, col=3)
    plt.close("all")
    np.testing.assert_array_equal(shown[0], mosaic(IMAGES[True][chosen][:, np.newaxis], 2, 3)[..., 0])


@pytest.mark.parametrize(("row", "col"), [(0, 3), (2, -1)])
def test_show_needs_a_row_and_a_column(files, row, col):
    with pytest.raises(ValueError, match=f"not {row} by {col}"):
        MNIST().show(row, col)
