"""Text as a sequence of characters: Shakespeare."""

from __future__ import annotations

import numpy as np

from dezero.datasets.dataset import Dataset
from dezero.io.download import get_file


class Shakespear(Dataset):
    """Shakespeare's plays in part, each character with the next as its label: `data` and `label` (1115393,), int64.

    char_to_id, id_to_char: the number of each of the 65 characters, in the order of their first appearance, and back.
    The text is downloaded once, 1 MB, into `$DEZERO_DATA`, by default `~/.dezero`; a file that lies there is used
    without a network. Raises ValueError, naming the file, where its SHA-256 is not the known one; OSError where the
    download fails. `Shakespeare` is the same class.

    Source: Karpathy, char-rnn (the file is called tinyshakespeare there).
    """

    url = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
    sha256: str | None = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"

    def prepare(self) -> None:
        with open(get_file(self.url, "shakespear.txt", sha256=self.sha256), encoding="utf-8") as file:
            text = file.read()
        self.char_to_id = {char: i for i, char in enumerate(dict.fromkeys(text))}
        self.id_to_char = dict(enumerate(self.char_to_id))
        ids = np.array([self.char_to_id[char] for char in text], dtype=np.int64)
        self.data, self.label = ids[:-1], ids[1:]


Shakespeare = Shakespear
