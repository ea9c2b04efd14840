"""Type checkers know what users compute: mypy checks typed_user.py strictly."""

from pathlib import Path

from mypy import api

HERE = Path(__file__).parent


def test_types_of_a_users_code():
    config = HERE.parents[1] / "pyproject.toml"
    found, errors, status = api.run(["--config-file", str(config), str(HERE / "typed_user.py")])
    assert status == 0, found + errors
