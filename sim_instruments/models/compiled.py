"""Kernels: functions compiled by numba and kept on disk, and templates bound to several of them."""

import hashlib
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
import platformdirs
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rng = np.random.Generator
Kernel = TypeVar("Kernel", bound=Callable[..., Any])


@cache
def _folder(*module_files: str) -> str:
    """Return the cache folder for kernels made from these sources.

    numba looks for changes only in the file a function stands in; a kernel also depends on this
    file and on the siblings of both, so their digest names the folder.
    """
    folders = {Path(file).parent for file in (__file__, *module_files)}
    sources = {path for folder in folders for path in folder.glob("*.py")}
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    root_folder = Path(platformdirs.user_cache_dir("benchctl", appauthor=False))
    return str(root_folder / "kernels" / digest.hexdigest()[:16])


@contextmanager
def _cached_beside(*module_files: str) -> Iterator[None]:
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = _folder(*module_files)
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


def kernel(
    function: Kernel, *, counted: bool = False, parts: tuple[Callable[..., Any], ...] = ()
) -> Kernel:
    """Compile `function` on first call; it releases the GIL and is kept on disk where possible.

    `counted` kernels are called from Python. The others are called from kernels only and do not
    count references to arrays they merely pass on, which would cost more than the physics. None is
    called from C, so numba compiles no way in from there. `parts` are the kernels it is bound to:
    the cached code goes when a source of theirs changes.
    """
    modules = sorted({f.__module__ for f in (function, *parts)})
    files = [sys.modules[module].__file__ or __file__ for module in modules]
    options = {"nogil": True, "error_model": "numpy", "forceinline": not counted, "_nrt": counted,
               "no_cfunc_wrapper": True}  # fmt: skip
    with _cached_beside(*files):
        try:
            compiled: Kernel = numba.njit(cache=True, **options)(function)
        except RuntimeError:  # numba's word for a cache folder that cannot be written
            compiled = numba.njit(**options)(function)
    return compiled


def bind(
    template: Any, module: str, *, label: str = "", counted: bool = False, **kernels: Any
) -> Any:
    """Return `template` compiled for `module`, its free names bound to `kernels`.

    One template bound more than once in one module needs a `label` (an identifier) each time.
    """
    name = f"{module.rpartition('.')[2]}{template.__name__}{label}"
    copy = types.FunctionType(template.__code__, {**template.__globals__, **kernels}, name)
    copy.__qualname__ = name
    copy.__module__ = module
    return kernel(copy, counted=counted, parts=tuple(kernels.values()))
