"""Training: epochs over a loader, checkpoints to go on from, a log and its picture."""

from dezero.training.archive import read_checkpoint, write_checkpoint
from dezero.training.curve import plot_curves
from dezero.training.early_stop import EarlyStop
from dezero.training.log import read_log
from dezero.training.trainer import Trainer

__all__ = ["EarlyStop", "Trainer", "plot_curves", "read_checkpoint", "read_log", "write_checkpoint"]
