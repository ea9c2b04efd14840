"""`python -m benchmarks`: one core and one thread first, because libraries read both as they are loaded."""

import sys

from benchmarks.machine import use_one_core

if __name__ == "__main__":
    use_one_core()
    from benchmarks.cli import main

    sys.exit(main())
