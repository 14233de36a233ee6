"""Small scenes on disk, and exported networks to apply to them."""

import numpy as np
import rasterio
import torch
from rasterio.transform import from_origin

from eelib.models import SegmentationModel, build
from eelib.models.exported import Card, export_encoder, export_segmenter
from eelib.settings import EncoderSettings
from eelib.train.fit import seeded

BANDS = ("B02", "B04", "B08")
CLASSES, COLORS = ("field", "forest & scrub", "water", "town"), ("#e6c229", "#1b5e20", "#1e88e5", "#757575")
PLACE = from_origin(300_000, 5_800_000, 10, 10)


def numbers(height=96, width=80, bands=3, seed=0):
    """Smooth 16-bit numbers ``(C, H, W)`` with some texture, and never 0."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    waves = [np.sin(rows / (9 + band)) * np.cos(columns / (7 + band)) for band in range(bands)]
    return (2000 + 800 * np.stack(waves) + 200 * rng.standard_normal((bands, height, width))).astype(np.uint16)


def write_scene(path, image, names=BANDS, crs="EPSG:32633", transform=PLACE, **profile):
    """A GeoTIFF; returns its path."""
    count, height, width = image.shape
    options = {"driver": "GTiff", "count": count, "height": height, "width": width, "dtype": image.dtype, **profile}
    if crs:
        options |= {"crs": crs, "transform": transform}
    with rasterio.open(path, "w", **options) as target:
        target.write(image)
        for number, name in enumerate(names or (), 1):
            target.set_band_description(number, name)
    return path


def card(name="unet3df", num_dates=1, width=4, bands=BANDS, classes=CLASSES, **changes):
    """A card of a network that nobody trained."""
    encoder = EncoderSettings(name=name, width=width, num_dates=num_dates)
    made = Card(
        encoder=encoder,
        bands=bands,
        embed_dim=build(bands=len(bands), **encoder.model_dump()).embed_dim,
        centre=((0.2,) * len(bands),),
        scale=((0.08,) * len(bands),),
        limit=5.0,
        window=16,
        classes=classes,
        colors=COLORS[: len(classes)],
        regions=("toy",),
        simulated=True,
        attribution="nobody",
        licence="none",
        experiment="toys",
        arm="toy",
        seed=0,
        record="0" * 16,
        recipe={},
    )
    return made.model_copy(update=changes)


def untrained(made):
    """A segmentation model as a card describes it, whose batch norms have seen data: otherwise hardly any signal would come through."""
    model = seeded(1, lambda: SegmentationModel(build(bands=len(made.bands), **made.encoder.model_dump()), len(made.classes)))
    for layer in model.modules():
        if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm):
            layer.momentum = None
    length = made.encoder.num_dates
    images = [numbers(32, 32, len(made.bands), seed) for seed in range(4 * length)]
    series = (torch.from_numpy(np.stack(images).astype(np.float32)) * 1e-4 - 0.2) / 0.08
    with torch.no_grad():
        model.train()(series.unflatten(0, (4, length)), torch.arange(1, 4 * length + 1).reshape(4, length))
    return model.eval()


def exported(folder, made=None):
    """A folder with an exported segmentation model and its encoder."""
    made = made or card()
    model = untrained(made)
    export_encoder(model.encoder, made, folder)
    return export_segmenter(model, made, folder)
