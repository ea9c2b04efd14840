"""CIFAR-10 and CIFAR-100 from small archives made here in their format."""

import gzip
import hashlib
import io
import tarfile

import numpy as np
import pytest

from dezero.datasets import CIFAR10, CIFAR100

RNG = np.random.default_rng(0)
RECORDS_10 = RNG.integers(0, 10, (6, 2, 3073)).astype(np.uint8)  # five files to learn from, one for the test
RECORDS_100 = RNG.integers(0, 20, (2, 5, 3074)).astype(np.uint8)
NAMES_10 = [f"cifar-10-batches-bin/data_batch_{i}.bin" for i in range(1, 6)] + ["cifar-10-batches-bin/test_batch.bin"]
NAMES_100 = ["cifar-100-binary/train.bin", "cifar-100-binary/test.bin"]


def archive(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as file:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                file.addfile(info)
            else:
                info.size = len(content)
                file.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def content(names, records):
    return {name: part.tobytes() for name, part in zip(names, records, strict=True)}


@pytest.fixture
def put(folder, monkeypatch):
    """Put an archive in place of the real one, with its digest."""

    def put(dataset, content):
        path = folder / dataset.url.rpartition("/")[2]
        path.write_bytes(content)
        monkeypatch.setattr(dataset, "sha256", hashlib.sha256(content).hexdigest())

    return put


def test_cifar10(put):
    shuffled = dict(sorted(content(NAMES_10, RECORDS_10).items(), reverse=True))  # the order in the archive is nothing
    put(CIFAR10, archive({"cifar-10-batches-bin/readme.html": b"hello", **shuffled}))
    for train, records in ((True, RECORDS_10[:5].reshape(10, -1)), (False, RECORDS_10[5])):
        dataset = CIFAR10(train)
        np.testing.assert_array_equal(dataset.data, records[:, 1:].reshape(-1, 3, 32, 32), strict=True)
        np.testing.assert_array_equal(dataset.label, records[:, 0].astype(np.int64), strict=True)
        assert dataset.data.flags.writeable


@pytest.mark.parametrize(("label_type", "column"), [("coarse", 0), ("fine", 1)])
def test_cifar100(put, label_type, column):
    put(CIFAR100, archive(content(NAMES_100, RECORDS_100)))
    for train, records in ((True, RECORDS_100[0]), (False, RECORDS_100[1])):
        dataset = CIFAR100(train, label_type=label_type)
        np.testing.assert_array_equal(dataset.data, records[:, 2:].reshape(-1, 3, 32, 32), strict=True)
        np.testing.assert_array_equal(dataset.label, records[:, column].astype(np.int64), strict=True)


def test_the_default_transform_is_dezero_s(put):
    put(CIFAR10, archive(content(NAMES_10, RECORDS_10)))
    raw = CIFAR10(transform=None)[0][0]
    np.testing.assert_array_equal(CIFAR10()[0][0], (raw.astype(np.float32) - 0.5) / 0.5, strict=True)


def test_nothing_is_unpacked(put, folder):
    members = content(NAMES_10, RECORDS_10)
    put(CIFAR10, archive({"../../outside.txt": b"x", "/etc/outside": b"x", **members}))
    CIFAR10()
    assert [path.name for path in folder.iterdir()] == ["cifar-10-binary.tar.gz"]


def test_a_link_is_no_file(put):
    members = content(NAMES_10, RECORDS_10)
    put(CIFAR10, archive({**members, NAMES_10[5]: "/etc/passwd"}))
    with pytest.raises(ValueError, match=r"cifar-10-binary\.tar\.gz: holds no test_batch\.bin"):
        CIFAR10(train=False)


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        (lambda whole: whole[: len(whole) // 2], "no whole archive"),
        (lambda whole: b"<html>not found</html>", "no whole archive"),
        (lambda whole: whole[:500] + bytes(500) + whole[1000:], "no whole archive"),
        (lambda whole: gzip.compress(gzip.decompress(whole)[:20_000]) + b"something else", "no whole archive"),
        (lambda whole: archive({"readme": b"nothing else"}), "holds no data_batch_1.bin"),
        (lambda whole: archive(content(NAMES_10[:5], RECORDS_10[:5, :, :-1])), "holds 6144 bytes of data_batch_1.bin"),
        (lambda whole: archive(dict.fromkeys(NAMES_10, b"")), "holds 0 bytes of data_batch_1.bin"),
    ],
)
def test_a_damaged_archive_is_named(put, damaged, message):
    put(CIFAR10, damaged(archive(content(NAMES_10, RECORDS_10))))
    with pytest.raises(ValueError, match=rf"cifar-10-binary\.tar\.gz: {message}"):
        CIFAR10()


@pytest.mark.parametrize("records", [RECORDS_100, np.zeros_like(RECORDS_100)], ids=["noise", "zeros"])
def test_damage_anywhere_is_an_error_that_names_the_archive_or_is_left_to_the_digest(put, records):
    whole = archive(content(NAMES_100, records))
    errors = 0
    for start in range(0, len(whole), max(1, len(whole) // 400)):
        put(CIFAR100, whole[:start] + b"\xff" * 4 + whole[start + 4 :])
        try:
            CIFAR100(train=False)
        except ValueError as error:
            assert "cifar-100-binary.tar.gz: " in str(error)  # noqa: PT017  # not all are
            errors += 1
    assert errors


@pytest.mark.parametrize(("dataset", "digest"), [(CIFAR10, "c4a38c50a1bc"), (CIFAR100, "58a81ae192c2")])
def test_the_known_digest_is_asked_for(folder, dataset, digest):
    (folder / dataset.url.rpartition("/")[2]).write_bytes(archive({}))
    with pytest.raises(ValueError, match=f"is not the file expected: its SHA-256 is .*, not {digest}"):
        dataset()


def test_labels():
    assert list(CIFAR10.labels()) == list(range(10))
    assert [CIFAR10.labels()[i] for i in (0, 1, 9)] == ["airplane", "automobile", "truck"]
    fine, coarse = CIFAR100.labels(), CIFAR100.labels("coarse")
    assert (len(set(fine.values())), len(set(coarse.values()))) == (100, 20)
    assert list(fine.values()) == sorted(fine.values())
    assert list(coarse.values()) == sorted(coarse.values())
    assert [fine[i] for i in (0, 54, 99)] == ["apple", "orchid", "worm"]
    assert coarse[8] == "large carnivores"
    assert coarse[9] == "large man-made outdoor things"


def test_the_label_s_type_is_fine_or_coarse():
    for use in (CIFAR100.labels, lambda kind: CIFAR100(label_type=kind)):
        with pytest.raises(ValueError, match='label_type is "fine" or "coarse", not \'middle\''):
            use("middle")


def test_show(put, monkeypatch):
    import matplotlib.pyplot as plt

    put(CIFAR10, archive(content(NAMES_10, RECORDS_10)))
    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.gca().get_images()[0].get_array().shape))
    CIFAR10().show(2, 3)
    plt.close("all")
    assert shown == [(64, 96, 3)]
