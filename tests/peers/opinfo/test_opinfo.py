"""PyTorch's own samples for its operations: value, gradient, double gradient and forward mode as PyTorch's."""

import re

import pytest
import torch

from tests.peers.opinfo.absent import ABSENT
from tests.peers.opinfo.compare import DTYPES, run
from tests.peers.opinfo.differs import DIFFERS
from tests.peers.opinfo.refused import REFUSED
from tests.peers.opinfo.table import OPS, infos

torch.set_num_threads(1)
CASES = [(key, dtype) for key in OPS for dtype in DTYPES if DTYPES[dtype] in infos()[key].supported_dtypes("cpu")]


def test_every_operation_of_pytorch_is_compared_or_absent_for_a_reason():
    assert set(OPS).isdisjoint(ABSENT)
    assert set(OPS) | set(ABSENT) == set(infos())
    assert set(DIFFERS) <= set(CASES)
    assert {(key, dtype) for key, of in REFUSED.items() for dtype in of} <= set(CASES)


def test_a_refusal_says_what_is_refused():
    """An error of Python's own, which an operation met on its way, is no refusal but a fault."""
    reasons = {reason for of in REFUSED.values() for dtype in of for reason in of[dtype]}
    assert not [one for one in reasons if re.search(r"' object |has no attribute|unpack|operand type|KeyError", one)]


@pytest.mark.parametrize(("key", "dtype"), CASES, ids=["-".join(case) for case in CASES])
def test_samples(key, dtype):
    found = run(infos()[key], OPS[key], dtype)
    assert set(found.refused) == set(REFUSED.get(key, {}).get(dtype, ()))
    known = DIFFERS.get((key, dtype), ())
    assert not [line for line in found.faults if not any(re.search(one.lines, line) for one in known)]
    for one in known:
        assert any(re.search(one.lines, line) for line in found.faults), f"no longer differs: {one.why}"
        if one.within:
            assert not run(infos()[key], OPS[key], dtype, tolerance=one.within).faults
    assert found.compared or found.refused
