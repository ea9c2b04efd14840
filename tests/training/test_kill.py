"""A training process that is killed again and again ends with the bits of one that never was."""

import random
import signal
import subprocess
import sys
import time

import pytest

from dezero.training import read_checkpoint, read_log
from tests.training.runs import bits

KILLS = 20
STEPS = 60  # 3 epochs of 20
PARTIAL = ".checkpoint.npz.partial.npz"
FILES = {"checkpoint.npz", "log.jsonl", PARTIAL, ".log.jsonl.partial.jsonl"}

# A checkpoint after each step. The pause keeps a quick machine from finishing before it is killed.
WORKER = """
import sys, time
import numpy as np
import dezero.functions as F
from dezero import DataLoader, datasets, optimizers
from dezero.models import MLP
from dezero.training import Trainer

class Told(Trainer):
    def step(self, batch):
        values = super().step(batch)
        print(self.position.step, flush=True)
        time.sleep(0.002)
        return values

np.random.seed(0)
model = MLP((6, 3), activation=lambda x: F.dropout(F.relu(x), 0.1))
loader, test = DataLoader(datasets.Spiral(), 15), DataLoader(datasets.Spiral(train=False), 100)
trainer = Told(
    model, optimizers.Adam(0.01).setup(model), F.softmax_cross_entropy, {"accuracy": F.accuracy}, progress=False,
    log="log.jsonl", log_every=5, checkpoint="checkpoint.npz", checkpoint_every=1,
)
trainer.fit(loader, epochs=3, validation=test, resume=True)
"""


def start(folder):
    return subprocess.Popen([sys.executable, "-c", WORKER], cwd=folder, stdout=subprocess.PIPE, text=True)


def kill(worker, folder, chance):
    """Kill it while it starts, or after a few steps: half the time as it writes, else within 10 ms."""
    steps, seen = chance.randint(0, 5), chance.random() < 0.5
    for _ in range(steps):
        worker.stdout.readline()
    until = time.monotonic() + (1 if seen and steps else chance.random() * (0.01 if steps else 0.3))
    while worker.poll() is None and time.monotonic() < until and not (seen and (folder / PARTIAL).exists()):
        time.sleep(0.0002)
    worker.kill()
    worker.communicate()
    return worker.returncode == -signal.SIGKILL


def result(folder):
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in read_log(folder / "log.jsonl")]
    return bits([read_checkpoint(folder / "checkpoint.npz"), rows])


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_run_killed_at_any_moment_ends_bit_for_bit_as_one_that_was_not(tmp_path):
    folders = [tmp_path / name for name in ("whole", "killed")]
    for folder in folders:
        folder.mkdir()
    whole, killed = folders
    assert start(whole).communicate()[0].split() == [str(n) for n in range(STEPS)]
    expected = result(whole)
    chance, kills, torn, step = random.Random(0), 0, 0, 0
    while kills < KILLS:
        hit = kill(start(killed), killed, chance)
        kills += hit
        torn += (killed / PARTIAL).exists()
        if (killed / "checkpoint.npz").exists():
            now = read_checkpoint(killed / "checkpoint.npz")["position"]["step"]  # whole, or this raises
            assert now >= step
            step = now
        assert {path.name for path in killed.iterdir()} <= FILES
        if not hit:  # the run was over before its end could be cut short: another one
            assert result(killed) == expected
            for path in killed.iterdir():
                path.unlink()
            step = 0
    assert torn, "no kill met the writing of a checkpoint"
    start(killed).communicate()
    assert result(killed) == expected
    assert sorted(path.name for path in killed.iterdir()) == ["checkpoint.npz", "log.jsonl"]
