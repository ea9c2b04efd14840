"""Machine code in memory."""

import subprocess
import sys


def test_the_collector_of_cycles_frees_code_in_any_order():
    script = """
import gc
from dezero.compiler.machine.llvm import clear_cache, compile_module
for k in range(100):
    cycle = [compile_module("define double @f() {{\\nentry:\\n  ret double {}.0\\n}}\\n".format(k))]
    cycle.append(cycle)
    del cycle
    clear_cache()
    gc.collect()
print("alive")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "alive\n", done.stderr
