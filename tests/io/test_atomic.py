"""A file is written whole or not at all."""

import os
import stat

import pytest

from dezero.io.atomic import replacing


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_appears_when_the_block_ends(tmp_path):
    path = tmp_path / "weights.npz"
    with replacing(path) as temporary:
        temporary.write_bytes(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["weights.npz"]


def test_the_old_file_stays_until_the_block_ends(tmp_path):
    path = tmp_path / "weights.npz"
    path.write_bytes(b"old")
    with replacing(str(path)) as temporary:
        temporary.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def test_the_temporary_file_lies_beside_and_has_the_same_suffix(tmp_path):
    with replacing(tmp_path / "weights.npz") as temporary:
        temporary.touch()
        assert (temporary.parent, temporary.suffix) == (tmp_path, ".npz")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
@pytest.mark.parametrize("old", [None, b"old"])
def test_an_error_leaves_everything_as_it_was(tmp_path, error, old):
    path = tmp_path / "weights.npz"
    if old is not None:
        path.write_bytes(old)
    before = names(tmp_path)

    def interrupted_write():
        with replacing(path) as temporary:
            temporary.write_bytes(b"half")
            raise error

    with pytest.raises(error):
        interrupted_write()
    assert names(tmp_path) == before
    assert old is None or path.read_bytes() == old


@pytest.mark.parametrize("failing", ["replace", "fsync"])
def test_what_fails_at_the_end_leaves_everything_as_it_was(tmp_path, monkeypatch, failing):
    def fail(*args):
        raise OSError("the disk is full")

    path = tmp_path / "weights.npz"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(OSError, match="the disk is full"), replacing(path) as temporary:
        temporary.write_bytes(b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["weights.npz"]


def test_the_file_is_flushed_before_it_is_renamed_and_the_folder_after(tmp_path, monkeypatch):
    events = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(descriptor):
        events.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def watched_replace(source, target):
        events.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    with replacing(tmp_path / "weights.npz") as temporary:
        temporary.write_bytes(b"new")
    assert events == ["file", "rename", "folder"] if os.name == "posix" else ["file", "rename"]


def test_a_folder_that_cannot_be_flushed_is_no_failure(tmp_path, monkeypatch):
    fsync = os.fsync

    def files_only(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError("not on this file system")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", files_only)
    with replacing(tmp_path / "weights.npz") as temporary:
        temporary.write_bytes(b"new")
    assert names(tmp_path) == ["weights.npz"]


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")
def test_modes_are_those_of_a_plain_write(tmp_path):
    plain, new, old = tmp_path / "plain", tmp_path / "new", tmp_path / "old"
    plain.write_bytes(b"")
    old.write_bytes(b"")
    old.chmod(0o640)
    for path in (new, old):
        with replacing(path) as temporary:
            temporary.write_bytes(b"x")
    assert stat.S_IMODE(new.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    assert stat.S_IMODE(old.stat().st_mode) == 0o640


@pytest.mark.skipif(os.name != "posix", reason="symbolic links need no rights on POSIX only")
def test_a_symbolic_link_stays_one(tmp_path):
    (tmp_path / "disk").mkdir()
    target, link = tmp_path / "disk" / "weights.npz", tmp_path / "latest.npz"
    link.symlink_to(target)
    for content in (b"first", b"second"):
        with replacing(link) as temporary:
            temporary.write_bytes(content)
        assert link.is_symlink()
        assert target.read_bytes() == content


def test_the_same_path_twice_at_once_ends_with_the_last(tmp_path):
    path = tmp_path / "weights.npz"
    with replacing(path) as first, replacing(path) as second:
        first.write_bytes(b"first")
        second.write_bytes(b"second")
    assert path.read_bytes() == b"first"  # its block ends last
    assert names(tmp_path) == ["weights.npz"]


def test_a_missing_folder_is_named_before_anything_is_written(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing"), replacing(tmp_path / "missing" / "a") as _:
        raise AssertionError("the block must not run")


def test_a_folder_cannot_be_replaced(tmp_path):
    with pytest.raises(IsADirectoryError), replacing(tmp_path) as _:
        raise AssertionError("the block must not run")


def test_a_block_that_writes_nothing_fails_and_keeps_the_old_file(tmp_path):
    path = tmp_path / "weights.npz"
    path.write_bytes(b"old")
    with pytest.raises(FileNotFoundError), replacing(path):
        pass
    assert path.read_bytes() == b"old"
