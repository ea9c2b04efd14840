"""Exchange of arrays with other libraries."""

from dezero.interop.dlpack import from_dlpack

__all__ = ["from_dlpack"]
