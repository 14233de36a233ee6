"""Small folders of rasters as a user brings them."""

import numpy as np
import rasterio
import yaml
from rasterio.transform import from_origin

CLASSES = [{"name": "field", "color": "#ffe63c"}, {"name": "forest", "color": "#005a14"}, {"name": "water", "color": "#1e82e6"}]
COLORS = np.array([(255, 230, 60), (0, 90, 20), (30, 130, 230)], np.uint8)


def write(path, array, *, crs=None, origin=(0, 0), palette=None, **options):
    """Write ``(C, H, W)`` or ``(H, W)``; the driver follows from the suffix."""
    array = array[None] if array.ndim == 2 else array
    path.parent.mkdir(parents=True, exist_ok=True)
    driver = {".tif": "GTiff", ".png": "PNG", ".jpg": "JPEG", ".jp2": "JP2OpenJPEG"}[path.suffix]
    place = {"crs": crs, "transform": from_origin(origin[0], origin[1], 10, 10)} if crs else {}
    shape = {"count": len(array), "height": array.shape[1], "width": array.shape[2], "dtype": array.dtype}
    with rasterio.open(path, "w", driver=driver, **shape, **place, **options) as out:
        out.write(array)
        if palette:
            out.write_colormap(1, palette)
    path.with_suffix(path.suffix + ".aux.xml").unlink(missing_ok=True)
    return path


def labels(height=64, width=64, seed=0, classes=3):
    """Class ids in squares of 8 px."""
    small = np.random.default_rng(seed).integers(0, classes, (-(-height // 8), -(-width // 8)))
    return small.repeat(8, 0).repeat(8, 1)[:height, :width]


def photo(label, bands=3, seed=0):
    """8-bit image whose values follow the class."""
    rng = np.random.default_rng(seed)
    return (60 * label[None] + 10 * np.arange(bands)[:, None, None] + rng.integers(0, 10, (bands, *label.shape))).astype(np.uint8)


def photo_folder(folder, count=12, size=64, **fields):
    """Photographs with colour-coded masks, and their manifest; fields replace those of the manifest, None takes one out."""
    for number in range(count):
        label = labels(size, size, number)
        write(folder / "photos" / f"city_{number:02}.png", photo(label, seed=number))
        write(folder / "masks" / f"city_{number:02}.png", COLORS[label].transpose(2, 0, 1))
    return manifest(folder, **{"kind": "raster-folder", "images": "photos", "masks": "masks", "classes": CLASSES, **fields})


def manifest(folder, **fields):
    """Write a manifest and give its path as text."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "own.yaml"
    content = {"name": "own", **{key: value for key, value in fields.items() if value is not None}}
    path.write_text(yaml.safe_dump(content))
    return str(path)


def spoil(path):
    """Cut a file in half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
