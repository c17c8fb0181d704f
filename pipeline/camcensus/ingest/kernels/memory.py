"""Read memory by its address: a byte, eight bytes, and marks of 64 bytes compared at once.

Every kernel takes addresses as int64. LLVM makes of the comparisons what the processor has. Readers may look at 64
bytes beyond a text, so every buffer has `SLACK` bytes behind it.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from camcensus.ingest.kernels.compiling import kernel
from camcensus.readers.lines import PADDING

SLACK = len(PADDING)
_BIT, _BYTE, _WORD = ir.IntType(1), ir.IntType(8), ir.IntType(64)
_BYTES = ir.VectorType(_BYTE, 64)


def _load(builder: Any, address: Any, kind: Any) -> Any:
    return builder.load(builder.inttoptr(address, kind.as_pointer()), align=1)


def _all(byte: int) -> Any:
    return ir.Constant(_BYTES, [ir.Constant(_BYTE, byte)] * 64)


@intrinsic
def byte_at(_: Any, address: Any) -> Any:
    """Return the byte at an address."""

    def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
        return builder.zext(_load(builder, args[0], _BYTE), _WORD)

    return types.int64(types.int64), generate


@intrinsic
def word_at(_: Any, address: Any) -> Any:
    """Return eight bytes, the first as the lowest."""

    def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
        return _load(builder, args[0], _WORD)

    return types.uint64(types.int64), generate


@intrinsic
def stops_at(_: Any, address: Any) -> Any:
    """Mark those of 64 bytes at which a JSON string may end or is unusual: quote, backslash, control, not ASCII."""

    def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
        found = _load(builder, args[0], _BYTES)
        marks = builder.icmp_signed("<", found, _all(0x20))  # a byte beyond ASCII is negative
        for byte in b'"\\':
            marks = builder.or_(marks, builder.icmp_unsigned("==", found, _all(byte)))
        return builder.bitcast(marks, _WORD)

    return types.uint64(types.int64), generate


@intrinsic
def equals_at(_: Any, address: Any, byte: Any) -> Any:
    """Mark those of 64 bytes that are `byte`, a constant."""

    def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
        found = _load(builder, args[0], _BYTES)
        one = builder.insert_element(ir.Constant(_BYTES, ir.Undefined), builder.trunc(args[1], _BYTE), _WORD(0))
        first = ir.Constant(ir.VectorType(ir.IntType(32), 64), [ir.Constant(ir.IntType(32), 0)] * 64)
        every = builder.shuffle_vector(one, ir.Constant(_BYTES, ir.Undefined), first)
        return builder.bitcast(builder.icmp_unsigned("==", found, every), _WORD)

    return types.uint64(types.int64, types.int64), generate


@intrinsic
def first_of(_: Any, marks: Any) -> Any:
    """Return the number of the first mark; there must be one."""

    def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
        return builder.cttz(args[0], _BIT(1))

    return types.int64(types.uint64), generate


@intrinsic
def copy(_: Any, to: Any, source: Any, size: Any) -> Any:
    """Copy bytes to an address; the two do not overlap."""

    def generate(context: Any, builder: Any, __: Any, args: Any) -> Any:
        to, source = (builder.inttoptr(address, _BYTE.as_pointer()) for address in args[:2])
        cgutils.raw_memcpy(builder, to, source, args[2], 1)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@intrinsic
def put(_: Any, address: Any, byte: Any) -> Any:
    """Write a byte."""

    def generate(context: Any, builder: Any, __: Any, args: Any) -> Any:
        builder.store(builder.trunc(args[1], _BYTE), builder.inttoptr(args[0], _BYTE.as_pointer()))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@kernel
def stop_from(p):
    """Return where the first stop is. There is one: a line feed is behind each line."""
    marks = stops_at(p)
    while marks == 0:
        p += 64
        marks = stops_at(p)
    return p + first_of(marks)


@kernel
def find(p, end, byte):
    """Return where the byte is before `end`, or `end`."""
    while p < end:
        marks = equals_at(p, byte)
        if marks != 0:
            return min(p + first_of(marks), end)
        p += 64
    return end
