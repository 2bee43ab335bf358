"""One random stream per cell: 32 bytes each, so that a step can be taken back.

A model's kernels draw from a numpy Generator. To compiled code that is three function addresses
and the address of a state: `stream` makes one whose state is a row of an array. The generator is
xoshiro256++ (Blackman and Vigna, doi:10.1145/3460772), seeded by `SeedSequence`. A cell's numbers
depend on its own row only: neither the number of threads nor the order of cells is seen in them.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numba
import numpy as np
from numba.core import cgutils, types
from numba.extending import intrinsic
from numpy.typing import NDArray

Words = NDArray[np.uint64]
ROW = 32
"""bytes of one stream's state"""
_GENERATOR = numba.typeof(np.random.Generator(np.random.PCG64(0)))
_BITS = types.NumPyRandomBitGeneratorType("bit_generator")
_STATE: Any = numba.types.CPointer(numba.types.uint64)


@numba.njit(inline="always")
def _next(address: Any) -> Any:
    """Return the next 64 bits of the stream whose state stands at `address`."""
    s = numba.carray(address, 4)
    s0, s1, s2, s3 = s[0], s[1], s[2], s[3]
    total = s0 + s3
    result = ((total << np.uint64(23)) | (total >> np.uint64(41))) + s0
    s2 ^= s0
    s3 ^= s1
    s[1] = s1 ^ s2
    s[0] = s0 ^ s3
    s[2] = s2 ^ (s1 << np.uint64(17))
    s[3] = (s3 << np.uint64(45)) | (s3 >> np.uint64(19))
    return result


def _next_uint64(address: Any) -> Any:
    return _next(address)


def _next_uint32(address: Any) -> Any:
    return _next(address) >> np.uint64(32)


def _next_double(address: Any) -> Any:
    return (_next(address) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


def _callback(function: Callable[..., Any], result: Any) -> Any:
    try:
        return numba.cfunc(result(_STATE), cache=True)(function)
    except RuntimeError:  # numba's word for a cache folder that cannot be written
        return numba.cfunc(result(_STATE))(function)


@cache
def _callbacks() -> tuple[Any, ...]:
    """Return the compiled generator: 64 bits, 32 bits, a float from 0 to below 1."""
    return (
        _callback(_next_uint64, types.uint64),
        _callback(_next_uint32, types.uint32),
        _callback(_next_double, types.float64),
    )


def seeded(seeds: Sequence[np.random.SeedSequence]) -> Words:
    """Return one fresh stream per seed, shape (cells, 4)."""
    return np.array([seed.generate_state(4, np.uint64) for seed in seeds]).reshape(-1, 4)


def handle(words: Words) -> Words:
    """Return what `stream` needs of C-contiguous `words`; good while these live."""
    return np.array([words.ctypes.data, *(c.address for c in _callbacks())], dtype=np.uint64)


@intrinsic
def stream(typing: Any, handle: Any, cell: Any) -> Any:
    """Return, in compiled code, the Generator that draws from stream `cell`."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        words = [
            builder.load(cgutils.gep_inbounds(builder, array.data, position))
            for position in range(4)
        ]
        offset = builder.mul(arguments[1], context.get_constant(types.intp, ROW))
        bits = cgutils.create_struct_proxy(_BITS)(context, builder)
        bits.parent = cgutils.get_null_value(bits.parent.type)
        bits.bit_generator = cgutils.get_null_value(bits.bit_generator.type)
        bits.state = bits.state_address = builder.add(words[0], offset)
        bits.fnptr_next_uint64, bits.fnptr_next_uint32, bits.fnptr_next_double = words[1:]
        generator = cgutils.create_struct_proxy(_GENERATOR)(context, builder)
        generator.bit_generator = bits._getvalue()  # noqa: SLF001 - numba has no other name
        generator.meminfo = cgutils.get_null_value(generator.meminfo.type)
        generator.parent = cgutils.get_null_value(generator.parent.type)
        return generator._getvalue()  # noqa: SLF001 - as above

    if not isinstance(handle, types.Array):
        return None
    return _GENERATOR(handle, types.intp), build
