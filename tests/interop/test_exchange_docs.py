"""What docs/exchange.md shows is what happens."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs/exchange.md").read_text(encoding="utf-8")


def test_the_page_prints_what_it_says(capsys):
    pytest.importorskip("torch")
    source = "".join(re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S))
    exec(source, {})
    assert capsys.readouterr().out.splitlines() == re.findall(r"^print\(.*\)  # (.*)$", source, re.M)
