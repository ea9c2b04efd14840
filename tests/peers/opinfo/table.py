"""Every operation of PyTorch's with a counterpart here."""

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
