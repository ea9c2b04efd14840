"""An empty data directory for each test: whatever is not put there would have to be downloaded, and fails."""

import urllib.request

import pytest


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    def refuse(url, *args, **kwargs):
        raise OSError(f"no network in tests: {url}")

    monkeypatch.setenv("DEZERO_DATA", str(tmp_path))
    monkeypatch.setattr("dezero.io.download.urlopen", refuse)
    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    return tmp_path
