"""Each operation of PyTorch's table, on PyTorch's own samples, or the reason why it is left out."""

import re
import warnings

import numpy as np
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.testing._internal.common_methods_invocations import op_db

from tests.peers.opinfo.compare import DTYPES, key_of, run
from tests.peers.opinfo.differs import DIFFERS, LOOSER
from tests.peers.opinfo.refused import REFUSED
from tests.peers.opinfo.table import OPS

BY_NAME = {key_of(op): op for op in op_db}
CASES = [
    (name, dtype)
    for name, op in BY_NAME.items()
    if name in OPS
    for dtype, theirs in DTYPES.items()
    if theirs in op.supported_dtypes("cpu")
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "dtype"), CASES)
def test_operation_agrees_with_pytorch(name, dtype):
    with np.errstate(all="ignore"):
        outcome = run(BY_NAME[name], OPS[name], dtype, looser=LOOSER.get(name, (0.0, ""))[0])
    allowed = DIFFERS[name][0] if name in DIFFERS else r"(?!)"
    faults = [line for line in outcome.faults if not re.search(allowed, line)]
    assert not faults, "\n".join(faults)
    assert outcome.compared, f"no sample was compared: {outcome.refused}"


def test_each_operation_of_pytorch_is_compared_or_left_out_with_a_reason():
    assert set(OPS) | set(REFUSED) == set(BY_NAME)
    assert not set(OPS) & set(REFUSED)
    assert all(REFUSED.values())


def test_each_difference_is_of_a_compared_operation():
    assert set(DIFFERS) | set(LOOSER) <= set(OPS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(DIFFERS))
def test_allowed_difference_is_still_there(name):
    with np.errstate(all="ignore"):
        faults = run(BY_NAME[name], OPS[name], "float64").faults
    assert any(re.search(DIFFERS[name][0], line) for line in faults)
