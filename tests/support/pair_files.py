"""Small image-text data in the true formats: pictures, tables, shards, class folders, RSICD's JSON, an emoji sheet."""

import io
import json
import tarfile

import numpy as np
from PIL import Image


def picture(path, colour, size=24):
    """An image file of one colour with a little grain."""
    path.parent.mkdir(parents=True, exist_ok=True)
    grain = np.random.default_rng(sum(colour)).integers(-3, 4, (size, size, 3))
    Image.fromarray((np.array(colour) + grain).clip(0, 255).astype(np.uint8)).save(path)
    return path


def cut_short(path, share=0.6):
    """Leave only the first part of a file, as a copy that was stopped does; the header of an image stays intact."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def noisy(path, size=64):
    """An image file of noise, large enough that half of it is no whole image."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (size, size, 3), dtype=np.uint8)).save(path)
    return path


def tar_shard(path, members):
    """A tar file of ``(name, bytes)``."""
    with tarfile.open(path, "w") as bundle:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            bundle.addfile(info, io.BytesIO(content))
    return path


def class_folder(folder, kinds=("AnnualCrop", "SeaLake"), count=12, ending="png"):
    """One folder per class, as EuroSAT, UC Merced and RESISC45 have them."""
    for number, kind in enumerate(kinds):
        for k in range(count):
            picture(folder / kind / f"{kind}_{k + 1}.{ending}", (40 + 60 * number, 5 * k, 90))
    return folder


def split_lists(folder, prefix, kinds, count):
    """Lists of file names per split, as torchgeo reads them; the last picture of each class is in none."""
    parts = {"train": range(1, count - 4), "val": range(count - 4, count - 2), "test": range(count - 2, count)}
    for part, numbers in parts.items():
        lines = [f"{kind}_{k}.jpg" for kind in kinds for k in numbers]
        (folder / f"{prefix}-{part}.txt").write_text("\n".join(lines) + "\n")


def rsicd(folder, name="dataset_rsicd.json", images="RSICD_images", count=10):
    """Images with five sentences each in the JSON format of RSICD."""
    entries, sentence_id = [], 0
    for number in range(count):
        file = f"airport_{number + 1}.jpg"
        picture(folder / images / file, (20 * number, 80, 120))
        sentences = []
        for text in (
            "many planes are parked",
            "many planes are parked",
            "an airport with planes",
            f"airport number {number}",
            "runways and grass",
        ):
            sentences.append({"tokens": text.split(), "raw": f"{text} .", "imgid": number, "sentid": sentence_id})
            sentence_id += 1
        split = "test" if number >= count - 2 else "val" if number >= count - 4 else "train"
        entries.append(
            {"filename": file, "imgid": number, "sentences": sentences, "split": split, "sentids": [s["sentid"] for s in sentences]}
        )
    (folder / name).write_text(json.dumps({"images": entries, "dataset": "rsicd"}))
    return folder


def write_table(path, rows, columns=("path", "caption")):
    """A CSV file, or TSV by its ending."""
    mark = "\t" if path.suffix == ".tsv" else ","
    path.write_text("\n".join([mark.join(columns), *(mark.join(row) for row in rows)]) + "\n", encoding="utf-8")


def shards(folder, count=3, each=8, caption="txt"):
    """Tar shards written by webdataset itself."""
    import webdataset

    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        with webdataset.TarWriter(str(folder / f"pairs-{number:04d}.tar")) as sink:
            for k in range(each):
                key = f"{number * each + k:06d}"
                pixels = np.full((20, 20, 3), number * each + k, np.uint8)
                said = f"caption of pair {key}"
                sink.write({"__key__": key, "png": pixels, caption: {"caption": said} if caption == "json" else said})
    return folder


def emoji_folder(folder):
    """Two packages' files with six pictures, one of them in two skin tones, on a sheet of 4 x 4 cells."""
    step = 66
    sheet = np.zeros((4 * step, 4 * step, 4), np.uint8)
    entries, words = [], {}
    listed = [
        ("DOG FACE", "1F436", "Animals & Nature"),
        ("CAT FACE", "1F431", "Animals & Nature"),
        ("WAVING HAND SIGN", "1F44B", "People & Body"),
        ("MAN FARMER", "1F468-200D-1F33E", "People & Body"),
        ("WOMAN FARMER", "1F469-200D-1F33E", "People & Body"),
        ("TYPE-3", "1F3FC", "Component"),
    ]
    for k, (name, unified, category) in enumerate(listed):
        entry = {"name": name, "unified": unified, "category": category, "subcategory": "some-group", "sheet_x": k % 4, "sheet_y": k // 4}
        if name.startswith("WAVING"):
            entry["skin_variations"] = {"1F3FB": {"unified": "1F44B-1F3FB", "sheet_x": 0, "sheet_y": 3}}
            sheet[3 * step + 1 : 3 * step + 65, 1:65] = (200, 0, 0, 255)
        entries.append(entry)
        words["".join(chr(int(part, 16)) for part in unified.split("-"))] = [name.lower().replace(" ", "_"), "thing", "nice thing", ":D"]
        top, left = k // 4 * step + 1, k % 4 * step + 1
        sheet[top : top + 64, left : left + 64] = (0, 40 * k, 100, 255)
    for path, content in (("package/emoji.json", entries), ("package/dist/emoji-en-US.json", words)):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(json.dumps(content))
    target = folder / "package/img/google/sheets-clean/64.png"
    target.parent.mkdir(parents=True)
    Image.fromarray(sheet).save(target)
    return folder
