"""The card of a trained network, made from what its arm knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eelib.data.manifests import load_manifest
from eelib.data.sources import MANIFEST, source
from eelib.data.windows import Region
from eelib.models.exported import Card
from eelib.models.registry import build_series
from eelib.settings import EncoderSettings
from eelib.train.batches import Normaliser

COUNTS = ("confusion", "places", "classes")  # metrics that a card does without: the record has them


def make_card(arm: Mapping[str, Any], regions: Sequence[Region], metrics: Mapping[str, Any]) -> Card:
    """Describe the network of an arm.

    Args:
        arm: Its record; before there is one, ``arm.identity | {"key": arm.key}``.
        regions: Where it was trained, loaded with the arm's sizes. Normalisation is that of their unlabelled windows.
        metrics: Those of its record.
    """
    params, names = arm["params"], [region.name for region in regions]
    encoder = EncoderSettings.model_validate(params["encoder"])
    shown = {name: shown_name(name) for name in names}
    statistics = [Normaliser.of(region.unlabelled) for region in regions]
    origin = source(names[0])
    labelled = arm["recipe"].partition("@")[0] != "pretrain"
    return Card(
        encoder=encoder,
        bands=regions[0].bands,
        embed_dim=build_series(bands=len(regions[0].bands), **encoder.model_dump()).embed_dim,
        centre=tuple(_rounded(one.centre) for one in statistics),
        scale=tuple(_rounded(one.scale) for one in statistics),
        limit=Normaliser.LIMIT,
        days=_days(regions),
        window=regions[0].unlabelled.image.shape[-1],
        classes=regions[0].classes if labelled else (),
        colors=origin.colors if labelled else (),
        regions=tuple(shown[name] for name in names),
        simulated=any(region.simulated for region in regions),
        attribution="; ".join(dict.fromkeys(region.attribution for region in regions)),
        licence="; ".join(dict.fromkeys(_licence(region) for region in regions)),
        experiment=arm["experiment"],
        arm=arm["arm"],
        seed=arm["seed"],
        record=arm["key"],
        recipe={"kind": arm["recipe"], **_without_paths(params, shown)},
        metrics=_without_paths({name: value for name, value in metrics.items() if name not in COUNTS}, shown),
    )


def shown_name(region: str) -> str:
    """What a card calls a region: its name; of a manifest of the user's the name and title in it, because the path is the user's own."""
    if not region.endswith(MANIFEST):
        return region
    entry = load_manifest(Path(region))
    return entry.name if entry.title in ("", entry.name) else f"{entry.name} ({entry.title})"


def _without_paths(value: Any, shown: Mapping[str, str]) -> Any:  # noqa: ANN401 - whatever a record holds
    """The value with paths of manifests, also those of regions that the network was not trained on, replaced by what is shown of them."""
    if isinstance(value, Mapping):
        return {_without_paths(name, shown): _without_paths(each, shown) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_paths(each, shown) for each in value]
    if isinstance(value, str) and value.endswith(MANIFEST):
        return shown.get(value, Path(value).name)
    return value


def _rounded(values: Any) -> tuple[float, ...]:  # noqa: ANN401 - a tensor (C, 1, 1)
    """Float32 values as the shortest decimals that give the same float32 back."""
    return tuple(float(f"{value:.9g}") for value in values.flatten().tolist())


def _days(regions: Sequence[Region]) -> tuple[int, int]:
    """First and last day of the year; images without date all have the day that their manifest gives them."""
    dates = [part.dates for region in regions for part in (region.unlabelled, region.train) if part is not None]
    return min(int(part.min()) for part in dates), max(int(part.max()) for part in dates)


def _licence(region: Region) -> str:
    """Licence of the training data, as their manifest states it."""
    if region.simulated:
        return "simulated; that of this code"
    return str(getattr(getattr(source(region.name), "entry", None), "licence", "not stated"))
