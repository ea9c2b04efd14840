"""Hashable stand-ins for parameters and plain arrays: by these, graphs are compared."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable

import numpy as np

from dezero.core.watch.tracing import NUMBERLESS

_HASHED = 2**22  # bytes: to read a larger array costs more than an equal one would save


def fingerprint(value: object) -> Hashable:
    """A hashable stand-in for a parameter or a plain array.

    Two are equal only if the values are equal. An Unlike where a comparison would cost too much.
    """
    if isinstance(value, np.ndarray):
        if value.nbytes > _HASHED or value.dtype.hasobject or type(value) in NUMBERLESS:
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
    """The fingerprint of a value that is too large, or of unknown type: equal to nothing but itself."""
