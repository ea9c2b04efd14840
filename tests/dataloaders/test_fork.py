"""A loader whose threads load ahead, in a child process that was forked in the middle of an epoch."""

import os
import subprocess
import sys

SCRIPT = """
import os, sys, warnings
import numpy as np
from dezero import DataLoader

loader = DataLoader((np.arange(12.0), np.arange(12)), 2, shuffle=False, workers=2)
first = next(loader)
warnings.simplefilter("ignore", DeprecationWarning)
child = os.fork()
rest = [x.tolist() for x, _ in loader]
good = rest == [[2.0 * i, 2.0 * i + 1] for i in range(1, 6)]
if child == 0:
    os._exit(0 if good else 1)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status) if good else 2)
"""


def test_the_child_goes_on_with_the_epoch():
    process = subprocess.Popen([sys.executable, "-c", SCRIPT], start_new_session=True)
    try:
        assert process.wait(timeout=30) == 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 9)
