"""Every operation of PyTorch's with a counterpart here, and PyTorch's own list of them."""

import functools
from typing import Any

from torch.testing._internal.common_methods_invocations import op_db

from tests.peers.opinfo import (
    table_elementwise,
    table_linalg,
    table_losses,
    table_networks,
    table_reductions,
    table_shapes,
)

FAMILIES = (table_elementwise, table_reductions, table_shapes, table_linalg, table_networks, table_losses)
OPS = {name: adapter for family in FAMILIES for name, adapter in family.OPS.items()}


@functools.cache
def infos() -> dict[str, Any]:
    """PyTorch's description of each operation by its name and that of its variant."""
    return {f"{op.name}.{op.variant_test_name}" if op.variant_test_name else op.name: op for op in op_db}
