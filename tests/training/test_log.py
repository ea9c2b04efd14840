"""The log of JSON lines."""

import json
import math

import numpy as np
import pytest

import dezero.functions as F
from dezero import layers, optimizers
from dezero.training import Trainer, read_log
from dezero.training.log import Log


def trainer(path, **options):
    model = layers.Linear(1, in_size=1, dtype=np.float64)
    return Trainer(model, optimizers.SGD(0.1).setup(model), F.mean_squared_error, progress=False, log=path, **options)


def batches(number=3):
    x = np.linspace(-1, 1, 4)[:, None]
    return [(x, 3 * x)] * number


def without_seconds(rows):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def test_each_epoch_is_a_line_as_soon_as_it_is_done(tmp_path):
    path = tmp_path / "run" / "log.jsonl"
    seen = []
    history = trainer(path, early_stop=lambda history: seen.append(len(read_log(path))) or False).fit(batches(), 3)
    assert seen == [0, 1, 2]
    assert without_seconds(read_log(path)) == history
    assert all(row["seconds"] >= 0 for row in read_log(path))


def test_steps_are_logged_where_that_is_wanted(tmp_path):
    path = tmp_path / "log.jsonl"
    history = trainer(path, log_every=2).fit(batches(3), 2)
    rows = read_log(path)
    assert [(row["step"], row.get("epoch")) for row in rows] == [(2, None), (3, 1), (4, None), (6, None), (6, 2)]
    assert without_seconds([row for row in rows if "epoch" in row]) == history


def test_every_line_is_json_by_the_standard_and_nan_is_null(tmp_path):
    log = Log(tmp_path / "log.jsonl")
    log.start([], 0)
    log.write({"epoch": 1, "step": 1, "loss": math.nan, "accuracy": math.inf, "test_loss": 0.1})

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    (line,) = (tmp_path / "log.jsonl").read_text().splitlines()
    row = json.loads(line, parse_constant=refuse)
    assert row == {"epoch": 1, "step": 1, "loss": None, "accuracy": None, "test_loss": 0.1}


def test_a_last_line_cut_at_any_byte_is_left_out(tmp_path):
    path = tmp_path / "log.jsonl"
    first, second = b'{"epoch": 1, "step": 5}\n', '{"epoch": 2, "step": 10, "é": 1}\n'.encode()
    for length in range(len(second) - 1):
        path.write_bytes(first + second[:length])
        assert read_log(path) == [{"epoch": 1, "step": 5}]
    path.write_bytes(first + second[:-1])  # whole but for the line break
    assert len(read_log(path)) == 2


def test_a_line_that_is_no_json_object_is_named(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"epoch": 1}\nepoch 2: fine\n{"epoch": 3}\n')
    with pytest.raises(ValueError, match=r"log\.jsonl, line 2: no JSON"):
        read_log(path)
    path.write_text("[1]\n")
    with pytest.raises(ValueError, match=r"line 1: list where an object"):
        read_log(path)
    with pytest.raises(FileNotFoundError):
        read_log(tmp_path / "none.jsonl")


def test_a_new_run_begins_a_new_log(tmp_path):
    path = tmp_path / "log.jsonl"
    trainer(path).fit(batches(), 3)
    trainer(path).fit(batches(), 1)
    assert [row["epoch"] for row in read_log(path)] == [1]


def test_a_run_that_goes_on_drops_what_came_after_its_checkpoint(tmp_path):
    path = tmp_path / "log.jsonl"
    history = [{"epoch": 1, "step": 4, "loss": 0.5}]
    rows = [{"step": 2, "loss": 1}, {"epoch": 1, "step": 4, "loss": 0.5, "seconds": 9}, {"step": 6, "loss": 1}]
    lost = [{"step": 8, "loss": 1}, {"epoch": 2, "step": 8, "loss": 2, "seconds": 9}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows + lost) + '{"epoch": 3, "st')
    Log(path).start(history, step=6)
    assert read_log(path) == rows
    assert path.read_text().endswith("\n")


def test_a_run_that_goes_on_writes_the_epochs_that_the_log_lacks(tmp_path):
    history = [{"epoch": n, "step": 4 * n, "loss": 1 / n} for n in (1, 2, 3)]
    log = Log(tmp_path / "log.jsonl")
    log.start(history, step=12)
    assert read_log(log.path) == history


def test_fitting_further_appends(tmp_path):
    path = tmp_path / "log.jsonl"
    run = trainer(path)
    run.fit(batches(), 2)
    run.fit(batches(), 4)
    assert [row["epoch"] for row in read_log(path)] == [1, 2, 3, 4]


def test_a_file_that_is_no_log_is_never_emptied(tmp_path):
    script = tmp_path / "train.py"
    script.write_text("precious")
    with pytest.raises(ValueError, match=r"must end in \.jsonl"):
        trainer(script)
    assert script.read_text() == "precious"
