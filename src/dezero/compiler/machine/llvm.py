"""LLVM text as machine code in this process."""

from __future__ import annotations

import contextlib
import functools
import platform
from collections.abc import Iterable
from typing import Any, NamedTuple

from dezero.compiler.machine import disk

try:
    import llvmlite.binding as _llvm
except ImportError as error:
    raise ImportError('machine code needs llvmlite: pip install "dezero-nth[compile]"') from error

with contextlib.suppress(RuntimeError):  # older versions need it, newer ones refuse it
    _llvm.initialize()
_llvm.initialize_native_target()
_llvm.initialize_native_asmprinter()


class Target(NamedTuple):
    """A processor that code is made for: LLVM's name of it, its features, and the bits of its vector registers."""

    cpu: str
    features: str
    bits: int


# Any processor of 64 bits of this kind, and those with AVX2: for code that is to run on other machines, and for tests.
BASELINE = Target("generic" if platform.machine() in ("arm64", "aarch64") else "x86-64", "", 128)
AVX2 = Target("haswell", "", 256)


@functools.cache
def host() -> Target:
    """The processor of this machine."""
    features = _llvm.get_host_cpu_features()
    wide = all([features.get(name) for name in ("avx512f", "avx512dq", "avx512bw", "avx512vl")])
    bits = 512 if wide else 256 if features.get("avx2") and features.get("fma") else 128
    return Target(_llvm.get_host_cpu_name(), features.flatten(), bits)


class Module:
    """Machine code and the addresses of its functions, which are valid for as long as the module lives."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def address(self, name: str) -> int:
        """The address of the function of this name; KeyError if there is none."""
        address: int = self._engine.get_function_address(name)
        if not address:
            raise KeyError(name)
        return address

    def variable(self, name: str) -> int:
        """The address of the global variable of this name; KeyError if there is none."""
        address: int = self._engine.get_global_value_address(name)
        if not address:
            raise KeyError(name)
        return address


def link(texts: Iterable[str]) -> str:
    """One module's text from several: a declaration or definition that stands in many of them is kept once.

    In each text an empty line parts one declaration or definition from the next, and stands nowhere else.
    """
    return "\n\n".join(dict.fromkeys([part.strip("\n") for text in texts for part in text.split("\n\n")])) + "\n"


def bind(name: str, address: int) -> None:
    """Let code call what lies at an address of this process by a name."""
    _llvm.add_symbol(name, address)
    has_symbol.cache_clear()


@functools.cache
def has_symbol(name: str) -> bool:
    """Whether a function of this name is in the process, its libraries or among those bound."""
    vector_library()
    return _llvm.address_of_symbol(name) is not None


@functools.cache
def vector_library() -> bool:
    """Load the system's library of vector functions; whether there is one."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return False  # other processors' names and calling conventions are not known here
    try:
        _llvm.load_library_permanently("libmvec.so.1")
    except RuntimeError:
        return False
    return True


_LONG = 1_000_000  # characters of text for which LLVM takes half a second at level 2, and a fifth of it at level 0


def compile_module(ir: str, target: Target | None = None, level: int | None = None) -> Module:
    """The machine code of a module's text.

    target: the processor, this machine's by default. level: 0 to 3, LLVM's effort in generating code; by default 2, and
    0 for long texts: their code is 10 to 20 % slower where the numbers are in cache, and as fast elsewhere. Equal texts
    share one module while it is among the last 256. Raises RuntimeError where the text is no module, and where it
    calls a function that is nowhere in the process.
    """
    return _compiled(ir, target or host(), level if level is not None else 2 if len(ir) < _LONG else 0)


@functools.lru_cache(256)
def _compiled(ir: str, target: Target, level: int) -> Module:
    vector_library()
    context = _llvm.create_context()
    description = _llvm.Target.from_default_triple()
    machine = description.create_target_machine(cpu=target.cpu, features=target.features, opt=level, jit=True)
    version = ".".join([str(n) for n in _llvm.llvm_version_info])
    name = disk.key(ir, *target[:2], str(level), version, description.triple)
    kept = disk.load(name)
    names, code = kept.split(b"\n", 1) if kept is not None else _made(ir, machine, context)
    missing = [symbol for symbol in names.decode().split() if _llvm.address_of_symbol(symbol) is None]
    if missing:  # LLVM itself would end the process
        raise RuntimeError(f"the code calls functions that this process does not have: {', '.join(missing)}")
    if kept is None:
        disk.store(name, names + b"\n" + code)
    # LLVM's own context, which lives to the end: the collector of cycles might free one of ours before the engine.
    engine = _llvm.create_mcjit_compiler(_llvm.parse_assembly(""), machine)
    engine.add_object_file(_llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return Module(engine)


def _made(ir: str, machine: Any, context: Any) -> tuple[bytes, bytes]:
    """The names of the functions outside that a text calls, and its machine code."""
    module = _llvm.parse_assembly(ir, context)
    outside = [f.name for f in module.functions if f.is_declaration and not f.name.startswith("llvm.")]
    return " ".join(outside).encode(), machine.emit_object(module)


def clear_cache() -> None:
    """Forget the modules that are remembered by their texts; those in use stay."""
    _compiled.cache_clear()
