"""What the supervised recipes share: labels, scores on validation and test windows, classes that a split lacks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eelib.data.regions import absent_classes, class_shares
from eelib.evaluate.confusion import confusion_counts, mean_iou, pack, scores

if TYPE_CHECKING:
    from eelib.data.windows import Region, Windows

EXAMPLES = 4  # test windows whose predicted maps are kept for figures


def validation_score(region: Region, predicted: np.ndarray) -> float:
    """Mean IoU of the maps ``(N, H, W)`` of the validation windows."""
    mask = np.asarray(region.labelled("validation").mask)
    return float(np.nan_to_num(mean_iou(confusion_counts(predicted, mask, len(region.classes)).sum(0))))


def scored(region: Region, train: Windows, predicted: np.ndarray, folder: Path) -> dict[str, Any]:
    """Test scores of the maps ``(N, H, W)``, with counts and places so that intervals and other averages need no retraining.

    A class that the training subset lacks cannot be predicted and lowers the score of every arm that sees this subset; one that the
    validation or test windows lack is not scored there. Both are recorded and said in the log.

    Args:
        region: The loaded region, with its classes and test windows.
        train: The labelled windows that were used.
        predicted: Class ids of the test windows.
        folder: That of the arm; a few maps stay there for figures.
    """
    np.savez_compressed(folder / "examples.npz", predicted=predicted[:EXAMPLES].astype(np.int8))
    test = region.labelled("test")
    counts = confusion_counts(predicted, np.asarray(test.mask), len(region.classes))
    sets = {"train": train, "validation": region.labelled("validation"), "test": test}
    missing = {name: absent_classes(region.classes, class_shares(windows, len(region.classes))) for name, windows in sets.items()}
    for name, classes in missing.items():
        if classes:
            print(f"{region.title}: no pixel of {', '.join(classes)} in the {name} windows ({len(sets[name])})")
    return {
        "scores": scores(counts),
        "confusion": pack(counts),
        "places": test.place.tolist(),
        "classes": list(region.classes),
        "windows": len(train),
        "missing_classes": missing,
    }
