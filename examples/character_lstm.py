"""A network that writes like this project's documentation, a character at a time.

    OPENBLAS_NUM_THREADS=1 python examples/character_lstm.py      # a minute
    python examples/character_lstm.py --layer RNN                 # Elman's network instead, half a minute

It learns from README.md and the docstrings of DeZero and is examined on their last tenth. The loss falls below 1.8 nats
a character there: to about 1.6 with an LSTM and 1.7 with an RNN, where characters drawn at their own frequencies would
cost 3.3. Then it writes some lines.
"""

import argparse
import ast
import sys
from pathlib import Path

import numpy as np

import dezero
import dezero.functions as F
import dezero.layers as L
from dezero import Model, no_grad
from dezero.optimizers import Adam, ClipGrad, CosineDecay

BOUND = 1.8  # nats a character
LAYERS = {"LSTM": L.LSTM, "RNN": L.RNN}


class Writer(Model):
    """Numbers of characters (T, N), T steps of N texts, to the logits (T, N, vocabulary) of those that follow."""

    def __init__(self, vocabulary, layer, rng, size=128):
        self.embed = L.EmbedID(vocabulary, 32, rng=rng)
        self.memory = layer(size, in_size=32, rng=rng)
        self.head = L.Linear(vocabulary, in_size=size, rng=rng)

    def forward(self, ids):
        return self.head(self.memory(self.embed(ids)))

    def loss(self, ids):
        """Nats a character: ids (T + 1, N)."""
        logits = self(ids[:-1])
        return F.softmax_cross_entropy(logits.reshape(-1, logits.shape[-1]), ids[1:].ravel())

    def write(self, ids, count, rng, temperature=0.6):
        """The numbers of `count` characters that follow ids."""
        self.memory.reset_state()
        ids = list(ids)
        with no_grad():
            logits = self(np.array(ids)[:, None])[-1, 0]
            for _ in range(count):
                chances = F.softmax(logits / temperature, axis=0).data.astype(float)
                ids.append(rng.choice(len(chances), p=chances / chances.sum()))
                logits = self(np.array(ids[-1:])[:, None])[-1, 0]
        return ids


def corpus():
    """README.md, docs/how.md and all docstrings, in the order of their files' names."""
    root = Path(__file__).resolve().parents[1]
    texts = [(root / name).read_text(encoding="utf-8") for name in ("README.md", "docs/how.md")]
    for file in sorted(Path(dezero.__file__).parent.rglob("*.py")):
        nodes = ast.walk(ast.parse(file.read_bytes()))
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
        texts += [ast.get_docstring(node) or "" for node in nodes if isinstance(node, documented)]
    return "\n\n".join(filter(None, texts))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layer", choices=LAYERS, default="LSTM")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--characters", type=int, help="learn from so many only")
    options = parser.parse_args()

    text = corpus()[: options.characters]
    alphabet = sorted(set(text))
    number = {character: i for i, character in enumerate(alphabet)}
    ids = np.array([number[character] for character in text])
    cut = len(ids) * 9 // 10
    columns, steps = 32, 50  # texts side by side; steps that a gradient goes back
    train = ids[: cut // columns * columns].reshape(columns, -1).T
    test = ids[cut:][:, None]

    rng = np.random.default_rng(0)
    model = Writer(len(alphabet), LAYERS[options.layer], rng)
    starts = range(0, len(train) - 1, steps)
    optimizer = Adam().setup(model).schedule(alpha=CosineDecay(5e-3, options.epochs * len(starts)))
    optimizer.add_hook(ClipGrad(1.0))
    for epoch in range(1, options.epochs + 1):
        model.memory.reset_state()
        total = 0.0
        for start in starts:
            loss = model.loss(train[start : start + steps + 1])
            model.cleargrads()
            loss.backward()
            loss.unchain_backward()  # the state goes on, its history does not
            optimizer.update()
            total += loss.item()
        model.memory.reset_state()
        with no_grad():
            found = model.loss(test).item()
        print(f"epoch {epoch:2d}: {total / len(starts):.3f} nats a character, {found:.3f} in the test", flush=True)

    print("".join(alphabet[i] for i in model.write([number[c] for c in "The "], 400, rng)))
    print(f"{found:.3f} nats a character in the test (bound {BOUND})")
    return 0 if found < BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
