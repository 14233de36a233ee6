"""The commands that apply trained networks: embed, segment, export. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ScenesArgument = Annotated[list[Path], typer.Argument(metavar="SCENE...", help="rasters, one per date, or folders of them")]
RunOption = Annotated[str, typer.Option("--run", help="key of a record, or its beginning; or the folder of an exported network")]
OutOption = Annotated[Path, typer.Option("--out", help="the map, a Cloud-Optimised GeoTIFF")]
BandsOption = Annotated[str | None, typer.Option(help="names of the files' bands in order, such as B02,B03,B04")]
DatesOption = Annotated[str | None, typer.Option(help="2017-02-16,... one per scene; default: the dates in the names")]
ScaleOption = Annotated[float | None, typer.Option(help="factor to reflectance; default: 1e-4 for 16 bit, 1/255 for 8 bit, 1 for floats")]
OffsetOption = Annotated[float, typer.Option(help="added to the numbers before that; -1000 for Sentinel-2 products since 2022")]
NodataOption = Annotated[float | None, typer.Option(help="number of missing pixels, besides what the files declare")]
StatisticsOption = Annotated[str | None, typer.Option(help="normalise as in training (run) or by the scene itself (scene)")]
NoCrsOption = Annotated[bool, typer.Option("--no-crs", help="accept scenes without a coordinate reference system")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="replace an existing map")]


def embed(
    scenes: ScenesArgument,
    run: RunOption,
    out: OutOption,
    bands: BandsOption = None,
    dates: DatesOption = None,
    scale: ScaleOption = None,
    offset: OffsetOption = 0.0,
    nodata: NodataOption = None,
    statistics: StatisticsOption = None,
    no_crs: NoCrsOption = False,
    overwrite: OverwriteOption = False,
    half: Annotated[bool, typer.Option("--half", help="16 instead of 32 bits per number")] = False,
) -> None:
    """Features of every pixel of a scene of any size, from a trained encoder."""
    from eelib.apply.whole import embed as run_embed
    from eelib.apply.whole import request

    run_embed(request(scenes, run, out, bands, dates, scale, offset, nodata, statistics, no_crs, overwrite), _note, half=half)


def segment(
    scenes: ScenesArgument,
    run: RunOption,
    out: OutOption,
    bands: BandsOption = None,
    dates: DatesOption = None,
    scale: ScaleOption = None,
    offset: OffsetOption = 0.0,
    nodata: NodataOption = None,
    statistics: StatisticsOption = None,
    no_crs: NoCrsOption = False,
    overwrite: OverwriteOption = False,
    probabilities: Annotated[Path | None, typer.Option(help="a second map with the probability of every class")] = None,
) -> None:
    """The class of every pixel of a scene of any size, from a fine-tuned network."""
    from eelib.apply.whole import request
    from eelib.apply.whole import segment as run_segment

    wanted = request(scenes, run, out, bands, dates, scale, offset, nodata, statistics, no_crs, overwrite)
    run_segment(wanted, _note, probabilities=probabilities)


def export(
    run: Annotated[str, typer.Argument(help="key of a record, or its beginning")],
    folder: Annotated[Path, typer.Argument(help="where to write; is made")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace a network that was exported there before")] = False,
) -> None:
    """Write a trained network as safetensors with a JSON card, to be used without this study."""
    from eelib.apply.runs import export_run

    for card in export_run(run, folder, overwrite=overwrite):
        typer.echo(card)


def _note(line: str) -> None:
    typer.echo(line, err=True)
