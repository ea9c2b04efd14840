"""The file that a command writes."""

from __future__ import annotations

from pathlib import Path

from dezero.cli.errors import CommandFailed


def check_folder(path: str) -> None:
    """Raise CommandFailed where the folder that the file is to be in is missing, before anything is computed."""
    folder = Path(path).parent
    if not folder.is_dir():
        raise CommandFailed(f"-o {path}: there is no folder {folder}; make it first")
