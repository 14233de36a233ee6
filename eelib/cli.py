"""The command line. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from eelib import cli_apply
from eelib.errors import InputError, RunError, missing_extra

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="One reproducible study of contrastive pre-training for Earth observation.",
)
data = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Data sets: list, fetch, verify; your own: new, check.")
app.add_typer(data, name="data")
for command in (cli_apply.embed, cli_apply.segment, cli_apply.export):
    app.command()(command)

INTERRUPTED = 130  # exit code after Ctrl-C, as shells have it

ProfileOption = Annotated[str, typer.Option("--profile", help="smoke, quick, full or paper")]
JobsOption = Annotated[int | None, typer.Option("--jobs", help="worker processes; default: number of cores")]


@app.command("list")
def list_notebooks() -> None:
    """Notebooks, what they cost, which claim they test, and their parameters."""
    from eelib.data.manifests import dataset_names, sample_names
    from eelib.data.names import SIMULATED
    from eelib.study.summary import describe_row
    from eelib.study.table import rows

    for item in rows():
        typer.echo(describe_row(item))
    typer.echo(f"regions: {', '.join(SIMULATED)} (simulated); {', '.join(sample_names())} (real)")
    typer.echo(f"regions that you download first: {', '.join(dataset_names())}; `eelib data list` says how")


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="a notebook, as `eelib list` names it")],
    profile: ProfileOption = "smoke",
    set_: Annotated[list[str] | None, typer.Option("--set", help="name=value, value in YAML; may be repeated")] = None,
    jobs: JobsOption = None,
    output: Annotated[Path | None, typer.Option(help="where the executed notebook goes")] = None,
) -> None:
    """Run one notebook: compute the arms that are missing, then execute it."""
    from eelib.study import batch
    from eelib.study.parameters import parse_assignments
    from eelib.study.table import row

    item = row(name)
    params = item.validated({"profile": profile, **parse_assignments(set_ or [])})
    typer.echo(batch.run_row(item, params, jobs=jobs, output=output))


@app.command()
def pretrain(
    region: Annotated[str, typer.Argument(help="a region, or a manifest of your own data, labelled or not")],
    profile: ProfileOption = "quick",
    seed: Annotated[int, typer.Option(help="source of all randomness")] = 0,
    jobs: JobsOption = None,
) -> None:
    """Pre-train on the unlabelled windows of one region and say where the encoder is; under torchrun on several devices."""
    from eelib.study import batch
    from eelib.train.ranks import rank

    path = batch.pretrain(region, profile, seed=seed, jobs=jobs)
    if rank() == 0:
        typer.echo(path)


@app.command()
def study(
    profile: ProfileOption = "quick",
    jobs: JobsOption = None,
    report: Annotated[bool, typer.Option(help="build the report at the end")] = True,
) -> None:
    """Run everything that is missing, then build the report. Stopped half-way, it goes on where it was."""
    from eelib.study import batch

    typer.echo(batch.run_study(profile, jobs=jobs, report=report))


@app.command()
def status(profile: ProfileOption = "quick") -> None:
    """What is done, missing, or stopped or failed, and how long the rest would take."""
    from eelib.study import summary

    for line in summary.status(profile):
        typer.echo(line)


@app.command()
def report() -> None:
    """Render the executed notebooks and records into one HTML site."""
    from eelib.study import batch

    typer.echo(batch.build_report())


@app.command(hidden=True)
def arm(name: str, profile: ProfileOption = "quick") -> None:
    """Compute one arm, EXPERIMENT/KEY, whose needs are done: what the Snakefile calls, and torchrun for a training on several devices."""
    from eelib.study import batch

    batch.run_arm(name, profile)


@data.command("list")
def data_list() -> None:
    """Data sets, their continent and licence, and whether they are on this machine or how to get them."""
    from eelib.data.datasets import inventory

    for line in inventory():
        typer.echo(line)


@data.command("fetch")
def data_fetch(
    name: Annotated[str | None, typer.Argument(help="all samples where left out")] = None,
    offline: Annotated[bool, typer.Option(help="use no network")] = False,
) -> None:
    """Bring a sample and check every file; for a data set that its owners hand out, say how to get it and where to put it."""
    from eelib.data.datasets import by_hand
    from eelib.data.fetch import fetch
    from eelib.data.manifests import FetchedManifest, fetched, fetched_names, manifest

    entry = manifest(name) if name else None
    if entry and not isinstance(entry, FetchedManifest):
        folder, steps = by_hand(entry)
        if not folder.is_dir():
            typer.echo("\n".join(steps))
            raise InputError(f"{name}: nothing was fetched, because this data set is downloaded by hand; follow the steps above")
        typer.echo(f"{name}: {folder}")
        return
    for each in [name] if name else fetched_names():
        typer.echo(f"{each}: {fetch(fetched(each), offline=offline or None)}")


@data.command("verify")
def data_verify(name: Annotated[str | None, typer.Argument(help="all samples and all that is here where left out")] = None) -> None:
    """Check the files of a data set against its manifest, offline."""
    from eelib.data.datasets import to_verify, verify_any
    from eelib.data.sources import MANIFEST

    if name and name.endswith(MANIFEST):
        raise InputError(f"{name}: a file, not the name of a data set; `eelib data check {name}` reads a manifest of your own")
    problems = []
    for each in [name] if name else to_verify():
        found = verify_any(each)
        problems += found
        typer.echo(f"{each}: {'intact' if not found else f'{len(found)} problem(s)'}")
    if problems:
        raise InputError(problems[0] if len(problems) == 1 else f"{problems[0]} (and {len(problems) - 1} more)")


@data.command("new")
def data_new(folder: Annotated[Path, typer.Argument(help="the folder that holds your images and masks, or their folders")]) -> None:
    """Write a commented manifest for a folder of images, to be completed by hand."""
    from eelib.data.own.template import what_next, write_template

    typer.echo(what_next(write_template(folder)))


@data.command("check")
def data_check(
    manifest: Annotated[Path, typer.Argument(help="a manifest of your own data, for example photos.yaml")],
    window: Annotated[int | None, typer.Option(help="window size in pixels; default: that of profile quick")] = None,
) -> None:
    """Read your manifest, of imagery or of images with captions, and say what was found, what would be trained on, and what is wrong."""
    from eelib.data.own.check import check, next_command
    from eelib.data.own.source import OwnSource
    from eelib.data.pairs.load import is_pairs
    from eelib.data.sources import absolute, source

    if is_pairs(absolute(str(manifest))):
        from eelib.study.pair_check import check_pairs

        if window is not None:
            raise InputError(f"--window {window}: images with captions are not cut into windows; leave it out")
        for line in check_pairs(manifest):
            typer.echo(line)
        return
    found = source(absolute(str(manifest)))
    if not isinstance(found, OwnSource):
        raise InputError(f"{manifest}: not a manifest of your own data; `eelib data verify` checks the samples")
    for line in check(found, window):
        typer.echo(line)
    typer.echo(f"  {'next':14}{next_command(found, str(manifest))}")


def main(arguments: list[str] | None = None) -> None:
    """Entry point: exit code 0 done, 2 bad input, 1 a run failed; one clear line instead of a traceback."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        code: Any = app(arguments, standalone_mode=False)
    except InputError as error:
        sys.exit(_say(str(error), 2))
    except RunError as error:
        sys.exit(_say(str(error), 1))
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except ModuleNotFoundError as error:
        sys.exit(_say(missing_extra(error.name or ""), 2))
    except typer.Exit as error:
        sys.exit(error.exit_code)
    except Exception as error:
        if not hasattr(error, "format_message"):  # not one of typer's own complaints about the command line
            raise
        sys.exit(_say(error.format_message(), 2))
    if code == INTERRUPTED:  # typer makes a silent exit of Ctrl-C
        _say("stopped; finished arms are kept, the same command goes on", code)
    sys.exit(code if isinstance(code, int) else 0)


def _say(message: str, code: int) -> int:
    print(f"eelib: {' '.join(message.split())}", file=sys.stderr)
    return code


def _stop(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
