"""`python -m tests.certification [operation or family ...]`: certify to order 10; without names, write the table."""

import sys
from pathlib import Path

from dezero.testing import main

HERE = Path(__file__).parent

if __name__ == "__main__":
    sys.exit(main(HERE, HERE.parents[1] / "docs" / "certified.md", sys.argv[1:]))
