"""How derivatives of a recorded graph are taken: as raw arrays, or as graphs again."""

from dezero.autodiff import backward, derive  # noqa: F401 - Variable.backward finds them among the operations
