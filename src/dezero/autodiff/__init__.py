"""How derivatives of a recorded graph are taken: on raw arrays, and as graphs of their own."""

from dezero.autodiff import backward, derive  # noqa: F401 - Variable.backward finds them among the operations
