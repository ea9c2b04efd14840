"""Write docs/conventions.md, the peers' columns anew where they are all at hand: python -m tests.conventions."""

import importlib.metadata
import json
import warnings

from tests.conventions import peers, table

if all(peers.importable(peer) for peer in table.PEERS):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = [row for rows in table.sections().values() for row in rows]
        found = {table.key(row): {peer: table.others(row, peer) for peer in table.PEERS} for row in rows}
    versions = {peer: importlib.metadata.version(peers.MODULES[peer]).split("+")[0] for peer in table.PEERS}
    table.RECORDED.write_text(json.dumps({"versions": versions, "rows": found}, indent=1) + "\n")
table.PAGE.write_text(table.page())
