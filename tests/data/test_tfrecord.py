"""TFRecord framing and Example messages against independent arithmetic."""

import gzip
import struct

import numpy as np
import pytest
from miniatures.mtlcc import framed, part, serialised, varint

from eelib.data.tfrecord import masked_crc, parse_example, read_records
from eelib.errors import InputError


def slow_masked_crc(data):
    """CRC32C bit by bit from its polynomial, then TFRecord's rotation by 15 and constant."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return (crc // 2**15 + crc % 2**15 * 2**17 + 0xA282EAD8) % 2**32


@pytest.mark.parametrize("data", [b"", b"123456789", bytes(range(256)) * 3])
def test_the_checksum_is_the_published_polynomial(data):
    assert masked_crc(data) == slow_masked_crc(data)


def test_records_come_back_plain_and_compressed(tmp_path):
    records = [b"one", b"", bytes(1000)]
    content = b"".join(map(framed, records))
    (tmp_path / "a.tfrecord").write_bytes(content)
    (tmp_path / "a.tfrecord.gz").write_bytes(gzip.compress(content))
    assert list(read_records(tmp_path / "a.tfrecord")) == records
    assert list(read_records(tmp_path / "a.tfrecord.gz")) == records


def test_examples_keep_bytes_and_integers_of_either_sign(tmp_path):
    numbers = (0, 1, 127, 128, 300, 2**62, -1, -(2**63))
    record = serialised({"a/data": b"\x00\xff", "a/shape": numbers})
    assert parse_example(record, tmp_path) == {"a/data": [b"\x00\xff"], "a/shape": list(numbers)}


def test_integers_may_be_unpacked_and_unknown_fields_are_passed_over(tmp_path):
    unpacked = b"".join(varint(1 << 3) + varint(number) for number in (5, 600))
    extra = part(9, b"later") + varint(10 << 3 | 1) + bytes(8) + varint(11 << 3 | 5) + bytes(4)
    entry = part(1, b"n") + part(2, part(3, unpacked))
    assert parse_example(part(1, part(1, entry)) + extra, tmp_path) == {"n": [5, 600]}


@pytest.mark.parametrize("record", [b"\xff" * 20, b"\x0a\x05ab", part(1, part(1, part(1, b"x") + part(2, part(2, b"float"))))])
def test_what_is_no_example_is_named(tmp_path, record):
    with pytest.raises(InputError, match=r"tile.*not a tf\.train\.Example"):
        parse_example(record, tmp_path / "tile")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda content: content[:8], "cut short in the header"),
        (lambda content: content[:-3], "cut short, a record announces 500 bytes"),
        (lambda content: content[:20] + b"\x01" + content[21:], "checksum of a record is wrong"),
        (lambda content: struct.pack("<Q", 7) + content[8:], "not a TFRecord or damaged"),
    ],
)
def test_damage_is_named(tmp_path, damage, words):
    path = tmp_path / "7.tfrecord"
    path.write_bytes(damage(framed(bytes(500))))
    with pytest.raises(InputError, match=rf"7\.tfrecord: .*{words}.*copy the file again"):
        list(read_records(path))


def test_a_broken_or_missing_gzip_file_is_named(tmp_path):
    content = gzip.compress(framed(np.random.default_rng(0).bytes(5000)))
    (tmp_path / "cut.gz").write_bytes(content[:-2000])
    (tmp_path / "text.gz").write_bytes(b"not gzip at all")
    for name in ("cut.gz", "text.gz", "none.gz"):
        with pytest.raises(InputError, match=rf"{name}.*copy the file again"):
            list(read_records(tmp_path / name))
