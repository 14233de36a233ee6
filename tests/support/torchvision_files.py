"""Miniatures of torchvision's evaluation sets in their true formats: folders, lists, pickles and MATLAB files as their owners pack them.

Red tells the class of a picture and blue its part (see :func:`colour`), so that a test sees whether the right one was read.
"""

import json
import pickle

import numpy as np
from pair_files import picture

TRAIN, TEST = 10, 4  # pictures per class


def colour(number, part):
    """Of a picture of the class with that number."""
    return 20 + 22 * number, 90, {"train": 40, "test": 200}[part]


def numbered(kinds):
    """``(part, number of the class, its name, running number from 1)`` of every picture, training pictures first."""
    at = 0
    for part, count in (("train", TRAIN), ("test", TEST)):
        for k in range(count):
            for number, kind in enumerate(kinds):
                at += 1
                yield part, number, kind, f"{at:05d}", k


def _batch(path, rows, **more):
    """A pickle of CIFAR: ``(N, 3072)`` bytes, colour by colour, and lists of the same length."""
    pixels = [np.repeat(np.array(colour(number, part), np.uint8), 1024) for part, number, *_ in rows]
    names = [f"{kind}_s_{at}.png" for _, _, kind, at, _ in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps({"data": np.stack(pixels), "filenames": names, **more}, protocol=2))


def cifar10(folder):
    kinds = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    rows, base = list(numbered(kinds)), folder / "cifar-10-batches-py"
    for batch in range(5):
        part = [row for row in rows if row[0] == "train" and row[4] % 5 == batch]
        _batch(base / f"data_batch_{batch + 1}", part, labels=[row[1] for row in part], batch_label=f"training batch {batch + 1} of 5")
    part = [row for row in rows if row[0] == "test"]
    _batch(base / "test_batch", part, labels=[row[1] for row in part], batch_label="testing batch 1 of 1")
    (base / "batches.meta").write_bytes(pickle.dumps({"label_names": kinds, "num_cases_per_batch": 20, "num_vis": 3072}, protocol=2))
    return kinds


def cifar100(folder):
    kinds = ["apple", "aquarium_fish", "baby", "bear"]
    base = folder / "cifar-100-python"
    for name in ("train", "test"):
        part = [row for row in numbered(kinds) if row[0] == name]
        fine = [row[1] for row in part]
        _batch(base / name, part, fine_labels=fine, coarse_labels=[0] * len(fine), batch_label=name)
    (base / "meta").write_bytes(pickle.dumps({"fine_label_names": kinds, "coarse_label_names": ["things"]}, protocol=2))
    return ["apple", "aquarium fish", "baby", "bear"]


def food101(folder):
    kinds, base = ["apple_pie", "baby_back_ribs", "baklava"], folder / "food-101"
    lists = {"train": {kind: [] for kind in kinds}, "test": {kind: [] for kind in kinds}}
    for part, number, kind, at, _ in numbered(kinds):
        picture(base / "images" / kind / f"{at}.jpg", colour(number, part))
        lists[part][kind].append(f"{kind}/{at}")
    (base / "meta").mkdir()
    for part, listed in lists.items():
        (base / "meta" / f"{part}.json").write_text(json.dumps(listed))
        (base / "meta" / f"{part}.txt").write_text("\n".join(name for names in listed.values() for name in names))
    (base / "meta" / "classes.txt").write_text("\n".join(kinds) + "\n")
    return ["apple pie", "baby back ribs", "baklava"]


def oxford_pets(folder):
    kinds, base = ["Abyssinian", "american_bulldog", "Egyptian_Mau"], folder / "oxford-iiit-pet"  # cats with capitals
    lines = {"train": [], "test": []}
    for part, number, kind, at, _ in numbered(kinds):
        picture(base / "images" / f"{kind}_{at}.jpg", colour(number, part))
        lines[part].append(f"{kind}_{at} {number + 1} {1 if kind[0].isupper() else 2} {1 + number // 2}\n")
    (base / "annotations" / "trimaps").mkdir(parents=True)
    (base / "annotations" / "trainval.txt").write_text("".join(lines["train"]))
    (base / "annotations" / "test.txt").write_text("".join(lines["test"]))
    return ["abyssinian", "american bulldog", "egyptian mau"]


def flowers102(folder):
    from scipy.io import savemat

    kinds = ["pink primrose", "hard leaved pocket orchid", "canterbury bells", "sweet pea"]  # the first four of 102
    base = folder / "flowers-102"
    labels, ids = [], {"train": [], "test": []}
    for part, number, _, at, _ in numbered(kinds):
        picture(base / "jpg" / f"image_{at}.jpg", colour(number, part))
        labels.append(number + 1)
        ids[part].append(int(at))
    held_out = ids["train"][-8:]  # the set's own validation images, which are neither learnt from nor scored
    savemat(base / "imagelabels.mat", {"labels": np.array([labels], np.uint8)})
    lists = {"trnid": ids["train"][:-8], "valid": held_out, "tstid": ids["test"]}
    savemat(base / "setid.mat", {name: np.array([some], np.uint16) for name, some in lists.items()})
    return kinds


def stanford_cars(folder):
    from scipy.io import savemat

    kinds = ["AM General Hummer SUV 2000", "Acura RL Sedan 2012", "BMW M3 Coupe 2012"]
    base = folder / "stanford_cars"
    (base / "devkit").mkdir(parents=True)
    fields = ["bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2", "class", "fname"]
    rows = {"train": [], "test": []}
    for part, number, _, at, _ in numbered(kinds):
        picture(base / f"cars_{part}" / f"{at}.jpg", colour(number, part))
        rows[part].append((1, 1, 24, 24, number + 1, f"{at}.jpg"))
    for part, path in (("train", "devkit/cars_train_annos.mat"), ("test", "cars_test_annos_withlabels.mat")):
        savemat(base / path, {"annotations": np.array([rows[part]], [(name, object) for name in fields])})
    savemat(base / "devkit" / "cars_meta.mat", {"class_names": np.array([kinds], object)})
    return ["am general hummer suv 2000", "acura rl sedan 2012", "bmw m3 coupe 2012"]


def caltech101(folder):
    kinds, base = ["Faces_easy", "accordion", "yin_yang"], folder / "caltech101" / "101_ObjectCategories"
    for _, number, kind, _, k in numbered(kinds):  # there is no split: one running number per class
        place = base / kind
        picture(place / f"image_{len(list(place.glob('*'))) + 1:04d}.jpg", (*colour(number, "train")[:2], 10 * k))
    picture(base / "BACKGROUND_Google" / "image_0001.jpg", (255, 255, 255))
    return ["faces easy", "accordion", "yin yang"]


def fgvc_aircraft(folder):
    kinds, base = ["707-320", "A300B4", "Boeing 717"], folder / "fgvc-aircraft-2013b" / "data"
    lines = {"train": [], "test": []}
    for part, number, kind, at, _ in numbered(kinds):
        picture(base / "images" / f"00{at}.jpg", colour(number, part))
        lines[part].append(f"00{at} {kind}\n")
    (base / "variants.txt").write_text("\n".join(kinds) + "\n")
    (base / "images_variant_trainval.txt").write_text("".join(lines["train"]))
    (base / "images_variant_test.txt").write_text("".join(lines["test"]))
    return ["707 320", "a300b4", "boeing 717"]


MAKERS = {
    maker.__name__: maker for maker in (cifar10, cifar100, food101, oxford_pets, flowers102, stanford_cars, caltech101, fgvc_aircraft)
}
