"""Machine code kept in files."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

import pytest

pytest.importorskip("llvmlite")
from dezero.compiler.machine import disk, llvm

TEXT = "declare double @exp(double)\n\ndefine double @f(double %x) {{\n  %y = fmul double %x, {0:.1f}\n"
TEXT += "  %z = call double @exp(double %y)\n  ret double %z\n}}\n"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """An empty folder for machine code, and no modules in memory."""
    monkeypatch.setenv("DEZERO_COMPILE_CACHE", str(tmp_path / "kept"))
    llvm._compiled.cache_clear()
    return tmp_path / "kept"


def value(text: str, x: float) -> float:
    code = llvm.compile_module(text)
    return ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(code.address("f"))(x)


def test_code_is_kept_and_read_again(folder, monkeypatch):
    assert value(TEXT.format(0.0), 2.0) == 1.0
    assert len(list(folder.iterdir())) == 1
    llvm._compiled.cache_clear()
    monkeypatch.setattr(llvm, "_made", None)  # nothing is compiled now
    assert value(TEXT.format(0.0), 2.0) == 1.0


@pytest.mark.parametrize("damage", [lambda b: b[:-7], lambda b: b[:60] + b"x" + b[61:], lambda b: b""])
def test_damaged_files_are_made_again(folder, damage):
    value(TEXT.format(0.0), 2.0)
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    llvm._compiled.cache_clear()
    assert value(TEXT.format(0.0), 2.0) == 1.0
    assert file.read_bytes() == whole


def test_other_texts_processors_and_levels_have_files_of_their_own(folder):
    value(TEXT.format(0.0), 2.0)
    value(TEXT.format(1.0), 2.0)
    llvm.compile_module(TEXT.format(0.0), llvm.BASELINE)
    llvm.compile_module(TEXT.format(0.0), level=0)
    assert len(list(folder.iterdir())) == 4
    assert disk.key("ab", "c") != disk.key("a", "bc")


def test_a_kept_file_that_calls_a_missing_function_is_an_error(folder, monkeypatch):
    value(TEXT.format(0.0), 2.0)
    llvm._compiled.cache_clear()
    monkeypatch.setattr(llvm._llvm, "address_of_symbol", lambda name: None)
    with pytest.raises(RuntimeError, match="exp"):
        llvm.compile_module(TEXT.format(0.0))


def test_a_folder_that_cannot_be_written_is_left_alone(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DEZERO_COMPILE_CACHE", str(tmp_path / "file" / "folder"))
    llvm._compiled.cache_clear()
    assert value(TEXT.format(0.0), 2.0) == 1.0


def test_nothing_is_kept_unless_asked_for(tmp_path, monkeypatch):
    monkeypatch.delenv("DEZERO_COMPILE_CACHE", raising=False)
    monkeypatch.chdir(tmp_path)
    llvm._compiled.cache_clear()
    value(TEXT.format(0.0), 2.0)
    assert not os.listdir(tmp_path)
