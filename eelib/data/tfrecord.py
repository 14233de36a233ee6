"""TFRecord files and the `tf.train.Example` messages in them, without TensorFlow.

A TFRecord is a sequence of ``length (uint64) | masked CRC32C of length | data | masked CRC32C of data``, all little-endian. An Example is a
protocol buffer: a map from names to lists of bytes, floats or integers. Only what the MTLCC tiles need is read: bytes and integers.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from eelib.errors import InputError

MASK = 0xA282EAD8  # added to the rotated checksum, so that checksums of data that hold checksums stay distinct
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types of protocol buffers

Feature = list[bytes] | list[int]


def masked_crc(data: bytes) -> int:
    """CRC32C of ``data``, rotated right by 15 bits and shifted by a constant, as TFRecord stores it."""
    import google_crc32c

    crc = int(google_crc32c.value(data))
    return ((crc >> 15 | crc << 17) + MASK) & 0xFFFFFFFF


def read_records(path: Path) -> Iterator[bytes]:
    """The records of a file, plain or gzip by its ending ``.gz``.

    Raises:
        InputError: The file is missing, cut short, or a checksum is wrong.
    """
    remedy = "copy the file again"
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            while head := stream.read(12):
                if len(head) < 12:
                    raise InputError(f"{path}: cut short in the header of a record; {remedy}")
                length, check = struct.unpack("<QI", head)
                if masked_crc(head[:8]) != check:
                    raise InputError(f"{path}: the checksum of a record's length is wrong, so this is not a TFRecord or damaged; {remedy}")
                body = stream.read(length + 4)
                if len(body) < length + 4:
                    raise InputError(f"{path}: cut short, a record announces {length} bytes and {len(body)} are left; {remedy}")
                if masked_crc(body[:-4]) != struct.unpack("<I", body[-4:])[0]:
                    raise InputError(f"{path}: the checksum of a record is wrong, the file is damaged; {remedy}")
                yield body[:-4]
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read ({error}); {remedy}") from error


def parse_example(record: bytes, path: Path) -> dict[str, Feature]:
    """The named features of one serialised Example.

    Args:
        record: One record of a TFRecord file.
        path: For messages.

    Raises:
        InputError: The record is not an Example, or a feature is not a list of bytes or integers.
    """
    found: dict[str, Feature] = {}
    try:
        for _, features in _messages(record, 1):
            for _, entry in _messages(features, 1):
                parts = dict(_messages(entry))
                found[parts[1].decode()] = _feature(parts[2])
    except (IndexError, KeyError, UnicodeDecodeError, ValueError) as error:
        raise InputError(
            f"{path}: a record is not a tf.train.Example ({error or type(error).__name__}); is this the right file?"
        ) from error
    return found


def _feature(message: bytes) -> Feature:
    """A Feature: a BytesList in field 1 or an Int64List in field 3; a FloatList in field 2 is not read here."""
    kind, content = next(_messages(message))
    if kind == 1:
        return [value for _, value in _messages(content, 1)]
    if kind != 3:
        raise ValueError(f"a feature of kind {kind}, expected bytes or integers")
    numbers: list[int] = []
    for _, _, value in _fields(content):
        numbers += [value] if isinstance(value, int) else _varints(value)
    return [number - (1 << 64) if number >> 63 else number for number in numbers]


def _messages(buffer: bytes, only: int | None = None) -> Iterator[tuple[int, bytes]]:
    """Length-delimited fields of a message as (field number, content)."""
    for number, wire, value in _fields(buffer):
        if wire == BYTES and only in (None, number):
            assert isinstance(value, bytes)
            yield number, value


def _fields(buffer: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """All fields of a message as (field number, wire type, value)."""
    at = 0
    while at < len(buffer):
        key, at = _varint(buffer, at)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, at = _varint(buffer, at)
            yield number, wire, value
            continue
        if wire not in (FIXED64, BYTES, FIXED32):
            raise ValueError(f"wire type {wire}")
        length = 8 if wire == FIXED64 else 4
        if wire == BYTES:
            length, at = _varint(buffer, at)
        if at + length > len(buffer):
            raise ValueError("a field is cut short")
        yield number, wire, buffer[at : at + length]
        at += length


def _varint(buffer: bytes, at: int) -> tuple[int, int]:
    """A base-128 integer, least significant group first, and where it ends."""
    value = shift = 0
    while shift < 70:
        byte = buffer[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise ValueError("an integer of more than 64 bits")


def _varints(buffer: bytes) -> list[int]:
    """Packed integers."""
    at, numbers = 0, []
    while at < len(buffer):
        number, at = _varint(buffer, at)
        numbers.append(number)
    return numbers
