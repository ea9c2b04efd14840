"""Rows: whole steps of training, optimiser included, beside PyTorch on two threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero.functions as F
import dezero.layers as L
from benchmarks import peers
from benchmarks.rows import Case, Finding, Profile, Row, Section
from dezero.models import MLP, Sequential
from dezero.optimizers import SGD, Adam, MomentumSGD

Arrays = Sequence[np.ndarray]
THREADS = 2


@dataclass(frozen=True)
class Training:
    """A model with its data: `dezero(x)` and `torch()` make what computes the loss of a batch, and its optimiser.

    `dezero` gives (model, optimiser, loss) for the data, and `torch` the same there; `reference` is the loss by hand,
    of the parameters as `state_dict` names them, in float64.
    """

    key: str
    name: str
    data: Callable[[], tuple[np.ndarray, np.ndarray]]
    dezero: Callable[[np.ndarray], tuple[Any, Any, Callable[[Any, Any], Any]]]
    torch: Callable[[np.ndarray], tuple[Any, Any, Callable[[Any, Any], Any]]]
    reference: Callable[[dict[str, np.ndarray], np.ndarray, np.ndarray], float]


def _direction(shape: tuple[int, ...]) -> np.ndarray:
    """The direction in which the gradient is compared, the same for every array of a shape."""
    return np.cos(np.arange(np.prod(shape, dtype=int)) * 0.7).reshape(shape)


def _cross_entropy(scores: np.ndarray, t: np.ndarray) -> float:
    shifted = scores - scores.max(-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return -float(np.take_along_axis(logs, t[..., None], -1).mean())


# -- a network of two layers -----------------------------------------------------------------------------------


def _images(count: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.random((count, *shape), dtype=np.float32), random.integers(0, 10, count)


def _mlp(large: bool) -> Training:
    sizes, batch = ((784, 1000, 10), 100) if large else ((5, 4, 10), 3)

    def dezero(x: np.ndarray) -> Any:
        model = MLP(sizes[1:], activation=F.relu)
        return model, SGD(0.01).setup(model), lambda x, t: F.softmax_cross_entropy(model(x), t)

    def torch(x: np.ndarray) -> Any:
        torch = peers.torch()
        nn = torch.nn
        model = nn.Sequential(nn.Linear(*sizes[:2]), nn.ReLU(), nn.Linear(*sizes[1:]))
        return model, torch.optim.SGD(model.parameters(), 0.01), lambda x, t: nn.functional.cross_entropy(model(x), t)

    def reference(w: dict[str, np.ndarray], x: np.ndarray, t: np.ndarray) -> float:
        return _cross_entropy(np.maximum(x @ w["l0/W"] + w["l0/b"], 0) @ w["l1/W"] + w["l1/b"], t)

    name = f"MLP {'-'.join(map(str, sizes))}, batch {batch}, SGD"
    return Training("mlp", name, lambda: _images(batch, sizes[:1]), dezero, torch, reference)


# -- a convolutional network -----------------------------------------------------------------------------------


def _windows(x: np.ndarray, size: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(x, (size, size), (2, 3))


def _lenet(large: bool) -> Training:
    channels, dense, side, batch = ((6, 16), (120, 84), 28, 64) if large else ((2, 2), (4, 3), 16, 2)

    def dezero(x: np.ndarray) -> Any:
        model = Sequential(
            L.Conv2d(channels[0], 5, pad=2), F.relu, lambda x: F.pooling(x, 2, 2),
            L.Conv2d(channels[1], 5), F.relu, lambda x: F.pooling(x, 2, 2), F.flatten,
            L.Linear(dense[0]), F.relu, L.Linear(dense[1]), F.relu, L.Linear(10),
        )  # fmt: skip
        return model, MomentumSGD(0.01).setup(model), lambda x, t: F.softmax_cross_entropy(model(x), t)

    def torch(x: np.ndarray) -> Any:
        torch = peers.torch()
        nn = torch.nn
        flat = channels[1] * ((side // 2 - 4) // 2) ** 2
        model = nn.Sequential(
            nn.Conv2d(1, channels[0], 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(channels[0], channels[1], 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(flat, dense[0]), nn.ReLU(), nn.Linear(dense[0], dense[1]), nn.ReLU(), nn.Linear(dense[1], 10),
        )  # fmt: skip
        optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
        return model, optimizer, lambda x, t: nn.functional.cross_entropy(model(x), t)

    def reference(w: dict[str, np.ndarray], x: np.ndarray, t: np.ndarray) -> float:
        arrays = list(w.values())
        for W, b, pad in ((arrays[0], arrays[1], 2), (arrays[2], arrays[3], 0)):
            x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
            x = np.einsum("nchwij,ocij->nohw", _windows(x, 5), W, optimize=True) + b[:, None, None]
            x = np.maximum(_windows(x, 2)[:, :, ::2, ::2].max((4, 5)), 0)
        x = x.reshape(len(x), -1)
        for W, b in zip(arrays[4:8:2], arrays[5:8:2], strict=True):
            x = np.maximum(x @ W + b, 0)
        return _cross_entropy(x @ arrays[8] + arrays[9], t)

    name = f"LeNet, {side}x{side}, batch {batch}, SGD with momentum"
    return Training("cnn", name, lambda: _images(batch, (1, side, side)), dezero, torch, reference)


# -- long short-term memory ------------------------------------------------------------------------------------


def _lstm(large: bool, stepwise: bool) -> Training:
    size, steps, batch = (100, 30, 30) if large else (3, 4, 2)

    def data() -> tuple[np.ndarray, np.ndarray]:
        x = np.random.default_rng(0).random((steps, batch, 1), dtype=np.float32)
        return x, np.sin(x)

    def dezero(x: np.ndarray) -> Any:
        model = Sequential(L.LSTM(size), L.Linear(1))
        rnn, head = model.layers

        def loss(x: Any, t: Any) -> Any:
            rnn.reset_state()
            if stepwise:
                return sum([F.mean_squared_error(head(rnn(a)), b) for a, b in zip(x, t, strict=True)])
            error = head(rnn(x)) - t
            return F.sum(error * error) * (1 / batch)

        return model, Adam().setup(model), loss

    def torch(x: np.ndarray) -> Any:
        torch = peers.torch()
        rnn = (torch.nn.LSTMCell if stepwise else torch.nn.LSTM)(1, size)
        head = torch.nn.Linear(size, 1)
        model = torch.nn.ModuleList([rnn, head])

        def loss(x: Any, t: Any) -> Any:
            if not stepwise:
                return ((head(rnn(x)[0]) - t) ** 2).sum() / batch
            state, total = None, 0.0
            for a, b in zip(x, t, strict=True):
                state = rnn(a, state)
                total = total + torch.nn.functional.mse_loss(head(state[0]), b)
            return total

        return model, torch.optim.Adam(model.parameters()), loss

    def reference(w: dict[str, np.ndarray], x: np.ndarray, t: np.ndarray) -> float:
        h = c = np.zeros((batch, size))
        total = 0.0
        for row, target in zip(x, t, strict=True):
            *gates, u = np.split(row @ w["l0/Wx"] + w["l0/b"] + h @ w["l0/Wh"], 4, axis=1)
            o, f, i = (1 / (1 + np.exp(-z)) for z in gates)
            c = f * c + i * np.tanh(u)
            h = o * np.tanh(c)
            total += float(((h @ w["l1/W"] + w["l1/b"] - target) ** 2).sum()) / batch
        return total

    way = "a call for each step" if stepwise else "the sequence in one call"
    name = f"LSTM {size}, {steps} steps, batch {batch}, Adam, {way}"
    return Training("lstm-steps" if stepwise else "lstm", name, data, dezero, torch, reference)


# -- a block of a transformer ----------------------------------------------------------------------------------


def _transformer(large: bool) -> Training:
    heads, size, length, batch = (4, 128, 64, 16) if large else (2, 4, 3, 2)

    def data() -> tuple[np.ndarray, np.ndarray]:
        x = np.random.default_rng(0).standard_normal((batch, length, size), dtype=np.float32)
        return x, np.tanh(x)

    def dezero(x: np.ndarray) -> Any:
        model = L.TransformerBlock(size, heads)

        def loss(x: Any, t: Any) -> Any:
            error = model(x) - t
            return F.mean(error * error)

        return model, Adam().setup(model), loss

    def torch(x: np.ndarray) -> Any:
        torch = peers.torch()
        model = torch.nn.TransformerEncoderLayer(
            size, heads, 4 * size, 0.0, lambda x: torch.nn.functional.gelu(x, approximate="tanh"),
            batch_first=True, norm_first=True,
        )  # fmt: skip
        return model, torch.optim.Adam(model.parameters()), lambda x, t: torch.nn.functional.mse_loss(model(x), t)

    def reference(w: dict[str, np.ndarray], x: np.ndarray, t: np.ndarray) -> float:
        def normed(x: np.ndarray, name: str) -> np.ndarray:
            y = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
            return y * w[f"{name}/gamma"] + w[f"{name}/beta"]

        z = normed(x, "norm1") @ w["attention/qkv/W"] + w["attention/qkv/b"]
        q, k, v = z.reshape(batch, length, 3, heads, -1).transpose(2, 0, 3, 1, 4)
        scores = np.exp(q @ k.swapaxes(2, 3) / np.sqrt(size / heads))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ v
        mixed = mixed.transpose(0, 2, 1, 3).reshape(batch, length, size)
        x = x + mixed @ w["attention/out/W"] + w["attention/out/b"]
        z = normed(x, "norm2") @ w["l1/W"] + w["l1/b"]
        z = z / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))
        return float(((x + z @ w["l2/W"] + w["l2/b"] - t) ** 2).mean())

    name = f"Transformer block, {heads} heads, {size} wide, batch {batch}, length {length}, Adam"
    return Training("transformer", name, data, dezero, torch, reference)


# -- the rows --------------------------------------------------------------------------------------------------


def _state(training: Training) -> dict[str, np.ndarray]:
    """The first parameters, drawn with a seed, so that the reference has the same."""
    x, t = training.data()
    np.random.seed(0)
    model, _, loss = training.dezero(x)
    loss(x, t)
    return model.state_dict()


def _row(training: Training) -> Row:
    def dezero() -> Callable[[], object]:
        x, t = training.data()
        np.random.seed(0)
        model, optimizer, loss = training.dezero(x)

        def run() -> object:
            y = loss(x, t)
            model.cleargrads()
            y.backward()
            optimizer.update()
            return y, model

        return run

    def torch() -> Callable[[], object]:
        torch = peers.torch()
        x, t = training.data()
        _, optimizer, loss = training.torch(x)
        x, t = torch.tensor(x), torch.tensor(t)

        def run() -> object:
            optimizer.zero_grad()
            y = loss(x, t)
            y.backward()
            optimizer.step()
            return y

        return run

    def inspect(outcome: Any) -> Finding:
        loss, model = outcome
        slope = sum([float(np.sum(p.grad.data * _direction(p.shape))) for p in model.params()])
        return Finding(np.array([[float(loss.data)], [slope]]))

    def reference() -> np.ndarray:
        x, t = training.data()
        x, t = x.astype(float), t if t.dtype.kind == "i" else t.astype(float)
        state = {name: array.astype(float) for name, array in _state(training).items()}
        step, found = 1e-7, []
        for s in (0, step, -step):
            found.append(training.reference({n: a + s * _direction(a.shape) for n, a in state.items()}, x, t))
        return np.array([[found[0]], [(found[1] - found[2]) / (2 * step)]])

    cases = {"DeZero": Case(dezero, inspect), "PyTorch": Case(torch)}
    return Row(f"training/{training.key}", training.name, cases, reference, tolerance=1e-4, rounds=5, threads=THREADS)


def section(profile: Profile) -> Section:
    """Return the rows of the training steps."""
    large = profile.large
    trainings = _mlp(large), _lstm(large, False), _lstm(large, True), _lenet(large), _transformer(large)
    return Section(
        "Steps of training",
        f"Forward, loss, gradients and the optimiser's update in float32, eager, {THREADS} threads. The error is that "
        "of the loss and of its derivative in one direction, beside central differences of a float64 loss by hand. "
        "PyTorch's LSTM over a sequence is one fused operation, its LSTMCell is called for each step.",
        tuple([_row(training) for training in trainings]),
    )
