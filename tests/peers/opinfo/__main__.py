"""Compares some of PyTorch's operations by name, all without one: `python -m tests.peers.opinfo logsumexp`."""

import sys
import time
import warnings

import numpy as np

from tests.peers.opinfo.compare import DTYPES, run
from tests.peers.opinfo.table import OPS, infos


def main(wanted: list[str]) -> None:
    if unknown := sorted(set(wanted) - set(OPS)):
        sys.exit(f"not compared with PyTorch: {', '.join(unknown)}; absent.py and table.py list PyTorch's names")
    for key in wanted or OPS:
        for dtype in [dtype for dtype, theirs in DTYPES.items() if theirs in infos()[key].supported_dtypes("cpu")]:
            start = time.perf_counter()
            found = run(infos()[key], OPS[key], dtype)
            took = time.perf_counter() - start
            print(f"{key} {dtype}: {found.compared} compared, {found.levels}, {took:.1f} s", flush=True)
            for reason, times in found.refused.items():
                print(f"    refused {times}: {reason}")
            for fault in found.faults:
                print(f"    differs: {fault}")


warnings.simplefilter("ignore")
np.seterr(all="ignore")
main(sys.argv[1:])
