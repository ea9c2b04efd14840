"""Type checkers know what users compute: mypy checks typed_user.py strictly."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def test_types_of_a_users_code():
    api = pytest.importorskip("mypy.api")
    config = HERE.parents[1] / "pyproject.toml"
    found, errors, status = api.run(["--config-file", str(config), str(HERE / "typed_user.py")])
    assert status == 0, found + errors
