"""Hashable stand-ins for parameters and plain arrays, by which graphs are compared."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

_HASHED = 2**22  # bytes; a larger array is not worth reading to find its equal


def fingerprint(value: Any) -> Any:
    """A hashable stand-in for a parameter or a plain array: equal for equal values alone, Unlike where telling that
    would cost too much."""
    if isinstance(value, np.ndarray):
        if value.nbytes > _HASHED or value.dtype.hasobject:
            return Unlike()
        digest = hashlib.blake2b(np.ascontiguousarray(value).tobytes(), digest_size=16).hexdigest()
        return f"{value.dtype}{value.shape}{digest}"
    if isinstance(value, tuple):
        return tuple([fingerprint(v) for v in value])
    if isinstance(value, slice):
        return "slice", value.start, value.stop, value.step
    if value is None or value is Ellipsis or isinstance(value, str | np.dtype):
        return value
    return repr(value) if isinstance(value, bool | int | float | complex | np.generic) else Unlike()


class Unlike:
    """A fingerprint of what cannot be told cheaply: equal to nothing but itself."""
