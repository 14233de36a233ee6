"""torchgeo's own readers accept the miniatures and see the same pixels, so the miniatures are in the published format."""

import numpy as np
import pytest

from eelib.data.sources.tiles import relabel


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kind"), [("pastis", "PASTIS"), ("loveda", "LoveDA"), ("solar_plants_brazil", "SolarPlantsBrazil")])
def test_torchgeo_reads_the_same(mini, name, kind, tmp_path):
    datasets = pytest.importorskip("torchgeo.datasets")
    source, folder = mini(name)
    if name == "pastis":
        (tmp_path / "PASTIS-R").symlink_to(folder)
        theirs, paths = datasets.PASTIS(str(tmp_path), folds=(4,)), "files"
        path_of = lambda index: theirs.files[index]["s2"]  # noqa: E731
    else:
        theirs = getattr(datasets, kind)(str(folder), split="val")
        paths = "files" if name == "loveda" else "image_paths"
        path_of = lambda index: getattr(theirs, paths)[index]["image"] if name == "loveda" else theirs.image_paths[index]  # noqa: E731
    split = "test" if name == "loveda" else "validation"
    ours = {str(tile.path): tile for tile in source.tiles(folder)[split]}
    assert len(theirs) == len(ours)
    for index in range(len(theirs)):
        sample = theirs[index]
        tile = next(tile for path, tile in ours.items() if path.endswith(str(path_of(index)).split(name)[-1].split("PASTIS-R")[-1]))
        series = source.read(tile)
        image = sample["image"].numpy()
        np.testing.assert_array_equal(series.image[0] if len(series.image) == 1 else series.image, image)
        np.testing.assert_array_equal(series.label, relabel(sample["mask"].numpy(), source.entry))
