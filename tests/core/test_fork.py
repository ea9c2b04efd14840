"""A process that forks while another of its threads derives: the child derives too."""

import os
import subprocess
import sys

SCRIPT = """
import os, sys, threading, warnings
import numpy as np
import dezero.functions as F
from dezero import Variable, gradients
from dezero.rewriting.cache import CACHE

x = Variable(np.array(0.3))
held, forked = threading.Event(), threading.Event()


def hold():  # what a thread does for some microseconds whenever it differentiates something new
    with CACHE.lock:
        held.set()
        forked.wait()


thread = threading.Thread(target=hold, daemon=True)
thread.start()
held.wait()
warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of forks among threads
child = os.fork()
if child == 0:
    (g,) = gradients(F.sin(F.exp(x) * x) + F.cos(x), x, create_graph=True)
    (h,) = gradients(g, x)
    os._exit(0 if np.isfinite(h.data) else 1)
forked.set()
thread.join()
(g,) = gradients(F.tan(x) * x, x, create_graph=True)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def test_a_child_derives_although_a_thread_held_the_lock_when_it_was_born():
    process = subprocess.Popen([sys.executable, "-c", SCRIPT], start_new_session=True)
    try:
        assert process.wait(timeout=30) == 0
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        raise AssertionError("the child waits for a lock that nobody will release") from None
