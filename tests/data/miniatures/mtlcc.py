"""MTLCC: one gzip TFRecord with one Example per tile and year, written here byte by byte from the published definitions."""

import gzip
import struct

import numpy as np

from eelib.data.tfrecord import masked_crc
from miniatures.landscape import learnable, thirteen, tile

IDS = [1, 2, 3, 5, 8, 9, 12, 13, 15, 16, 17, 19, 22, 23, 24, 25, 26]
LISTS = {"train_fold0": range(100, 112), "test_fold0": range(200, 206), "eval": range(300, 306)}
LENGTH = 14  # dates in a record; the rest is filling
GROUPS = {"x10": ("B04", "B03", "B02", "B08"), "x20": ("B05", "B06", "B07", "B8A", "B11", "B12"), "x60": ("B01", "B09", "B10")}


def write(folder, name="mtlcc"):
    (folder / "tileids").mkdir(parents=True)
    for part, numbers in LISTS.items():
        (folder / "tileids" / f"{part}.tileids").write_text("".join(f"{number}\n" for number in [*numbers, 999_999]))  # one not there
    (folder / "classes.txt").write_text("".join(f"{number}|class {number}\n" for number in [0, *IDS]))
    for year, length in ((16, 12), (17, 10)):
        (folder / f"data{year}").mkdir()
        tiles = {number: tile("germany", number, 24, length, len(IDS)) for numbers in LISTS.values() for number in numbers}
        labels = learnable({number: made[2] for number, made in tiles.items()}, LISTS["train_fold0"])
        for number, (image, days, _) in tiles.items():
            record = example(image, days, labels[number], 2000 + year)
            (folder / f"data{year}" / f"{number}.tfrecord.gz").write_bytes(gzip.compress(framed(record), 1))


def example(image, days, label, year):
    bands = thirteen(image)
    features = {}
    for group, names in GROUPS.items():
        array = fill(np.stack([bands[band] for band in names], -1))
        features |= {f"{group}/data": array.tobytes(), f"{group}/shape": array.shape}
    ids = np.where(label < 0, 0, np.array(IDS)[label])
    stack = fill(np.repeat(ids[None], len(image), 0))
    features |= {"labels/data": stack.tobytes(), "labels/shape": stack.shape}
    features |= {"dates/doy": fill(days).tobytes(), "dates/year": fill(np.full(len(image), year)).tobytes(), "dates/shape": (LENGTH,)}
    return serialised(features)


def fill(array):
    """64-bit integers with filling up to the length of a record."""
    return np.pad(array.astype("<i8"), [(0, LENGTH - len(array))] + [(0, 0)] * (array.ndim - 1))


def framed(record):
    head = struct.pack("<Q", len(record))
    return head + struct.pack("<I", masked_crc(head)) + record + struct.pack("<I", masked_crc(record))


def serialised(features):
    """A ``tf.train.Example``: bytes as BytesList, tuples as packed Int64List."""
    entries = b""
    for name, value in features.items():
        feature = part(1, part(1, value)) if isinstance(value, bytes) else part(3, part(1, b"".join(map(varint, value))))
        entries += part(1, part(1, name.encode()) + part(2, feature))
    return part(1, entries)


def part(number, content):
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value):
    """A base-128 integer; negative ones in two's complement of 64 bits."""
    value, out = value % (1 << 64), b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])
