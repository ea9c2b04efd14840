"""Mermaid text."""

import html
import re

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from dezero import Variable
from dezero.viz import to_mermaid
from dezero.viz.mermaid import escape

GOLDEN = """flowchart TB
  n0(["dy/dx"]):::variable_gradient
  n1("sub"):::operation_gradient
  n2((" ")):::variable_gradient
  n3("mul"):::operation_gradient
  n3_0["2"]:::constant
  n4(["x"]):::variable_value
  n1 --> n0
  n2 -->|"①"| n1
  n4 -->|"②"| n1
  n3 --> n2
  n3_0 --> n3
  n4 --> n3
  classDef variable_value fill:#fdf1d6,stroke:#d8a33c,color:#26323f
  classDef variable_gradient fill:#f3e3f4,stroke:#a868b0,color:#26323f
  classDef operation_value fill:#dfeaf6,stroke:#5f8fc0,color:#26323f
  classDef operation_gradient fill:#e2f1e7,stroke:#5fa379,color:#26323f
  classDef constant fill:none,stroke:none,color:#5d6875
"""


def test_golden():
    x = Variable(np.array(3.0), name="x")
    assert to_mermaid({"dy/dx": 2 * x - x}, values=x) == GOLDEN


def test_a_name_cannot_leave_its_label():
    text = to_mermaid(Variable(np.array(1.0), name='a"]; click n0 "javascript:alert(1)'))
    (line,) = [line for line in text.splitlines() if line.startswith("  n0")]
    assert line.count('"') == 2
    assert line.endswith('"]):::variable_value')
    assert ";" not in re.sub(r"#\d+;", "", line)


@given(st.text())
@example("`markdown`")
@example("1. not a list")
@example("- nor this")
@example("style x:#fff;")
@example("two\nlines")
def test_escaping_can_be_read_back_and_leaves_no_sign_with_a_meaning(text):
    escaped = escape(text)
    assert not set(re.sub(r"#\d+;|<br/>", "", escaped)) & set('"<>&#;`|\\\n:')
    assert not re.match(r"(\d+\.|[-+*]) ", escaped)
    shown = html.unescape(re.sub(r"#(\d+);", r"&#\1;", escaped.replace("<br/>", "\n")))
    assert shown == "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)
