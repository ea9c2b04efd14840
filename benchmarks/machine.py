"""The machine under the measurements: pinning, memory limits, peak memory and its description."""

import datetime
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}
DISTRIBUTIONS = {
    "DeZero": "dezero-nth",
    "PyTorch": "torch",
    "JAX": "jax",
    "folx": "folx",
    "autograd": "autograd",
    "NumPy": "numpy",
    "mpmath": "mpmath",
}


CORES = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def use_one_core() -> None:
    """Pin this process and its children to one core and every thread pool to one thread."""
    os.environ.update(ONE_THREAD)
    _pin(1)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Inside the block, the BLAS of NumPy and PyTorch have so many threads, each a core where there are as many."""
    if count == 1:
        yield
        return
    from threadpoolctl import threadpool_limits

    torch = sys.modules.get("torch")
    _pin(count)
    try:
        with threadpool_limits(count):
            if torch is not None:
                torch.set_num_threads(count)
            yield
    finally:
        if torch is not None:
            torch.set_num_threads(1)
        _pin(1)


def _pin(count: int) -> None:
    if CORES:
        os.sched_setaffinity(0, sorted(CORES)[-count:])


def _status(field: str) -> int | None:
    """Return a size of `/proc/self/status` in bytes, None where the system has no such file."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(field + ":")), None)


def resident_bytes() -> int | None:
    """Start a new measurement of peak memory and return the resident memory now, in bytes."""
    try:
        Path("/proc/self/clear_refs").write_text("5")  # sets the high-water mark back to what is resident now
    except OSError:
        return peak_bytes()
    return _status("VmRSS")


def peak_bytes() -> int | None:
    """Return the peak of resident memory in bytes."""
    # VmHWM first: ru_maxrss survives fork and exec, so that a child would report its parent's peak.
    peak = _status("VmHWM")
    if peak is None and resource is not None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return peak


def limit_memory(extra: int) -> None:
    """Let this process map at most `extra` bytes, or half the machine's memory, more than it has mapped now.

    Where the system cannot hold it to that, nothing happens.
    """
    mapped = _status("VmSize")
    extra = min(extra, (memory_bytes() or 2 * extra) // 2)
    if resource is not None and mapped is not None:
        resource.setrlimit(resource.RLIMIT_AS, (mapped + extra, mapped + extra))


def memory_bytes() -> int | None:
    """Return the machine's memory in bytes, None where it cannot be asked for."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "source tree" if distribution == DISTRIBUTIONS["DeZero"] else "not installed"


def describe() -> dict[str, str]:
    """Return what a reader needs to judge the figures: processor, system, versions and date."""
    memory = memory_bytes()
    return {
        "Date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "Processor": f"{_processor()}, one core of {os.cpu_count()}",
        "Memory": f"{memory / 2**30:.0f} GiB" if memory else "unknown",
        "System": f"{platform.system()} {platform.release()}, {platform.python_implementation()} "
        f"{platform.python_version()}",
        **{name: _version(distribution) for name, distribution in DISTRIBUTIONS.items()},
    }
