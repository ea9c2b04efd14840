"""Print the figures of every script here.

Run under the original, `python -m tests.scripts` makes the figures that test_dezero_scripts.py holds: Python 3.11, with
`pip install dezero==0.0.13 numpy==1.23.5 matplotlib pillow` in an environment of its own.
"""

from contextlib import chdir
from tempfile import TemporaryDirectory

from tests.scripts import classification, operations, regression, sequences

if __name__ == "__main__":
    with TemporaryDirectory() as folder, chdir(folder):
        for room in (regression, classification, operations, sequences):
            for program in room.PROGRAMS:
                print(program.__name__, [round(figure, 6) for figure in program()])
