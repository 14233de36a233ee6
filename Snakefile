# The same study.yaml as `eelib study`, for clusters: `snakemake -c2`, or `snakemake --executor slurm -j 20`.
# One job per arm, whose record is the output; one per notebook, whose executed copy is the log; the report at the end.
# Options: --config profile=smoke|quick|full|paper runs=FOLDER.
import os
import shlex
import sys
from pathlib import Path

PROFILE = config.get("profile", "quick")
RUNS = Path(config.get("runs") or os.environ.get("EELIB_RUNS") or "runs").absolute()
os.environ["EELIB_RUNS"] = str(RUNS)
EELIB = f"{shlex.quote(sys.executable)} -m eelib"  # of this environment, whether it is activated or not

from eelib.data.manifests import sample_names
from eelib.study.arm import with_needs
from eelib.study.notebooks import source_hash
from eelib.study.table import rows

ROWS = {row.name: row for row in rows()}
PARAMS = {name: row.validated({"profile": PROFILE}) for name, row in ROWS.items()}
ARMS = {str(arm): arm for name, row in ROWS.items() for arm in with_needs(row.plan(PARAMS[name]))}


def record(arm):
    return str(RUNS / str(arm) / "record.json")


def fetched(regions):
    return [str(RUNS / ".fetched" / name) for name in regions if name in sample_names()]


localrules: study, fetch


rule study:
    input:
        [str(RUNS / "notebooks" / f"{name}.json") for name in ROWS],
        "reports/html/index.html",


rule fetch:
    output: touch(RUNS / ".fetched" / "{name}")
    shell: "{EELIB} data fetch {wildcards.name}"


rule arm:
    input:
        data=lambda w: fetched(ARMS[f"{w.experiment}/{w.key}"].data),
        needs=lambda w: [record(need) for need in ARMS[f"{w.experiment}/{w.key}"].needs.values()],
    output: RUNS / "{experiment}" / "{key,[0-9a-f]{16}}" / "record.json"
    threads: 1
    resources: mem_mb=2000, runtime=lambda w: max(10, round(ARMS[f"{w.experiment}/{w.key}"].cost / 20))
    params: profile=PROFILE
    shell: "{EELIB} arm {wildcards.experiment}/{wildcards.key} --profile {params.profile}"


rule notebook:
    input:
        data=lambda w: fetched(ROWS[w.name].regions(PARAMS[w.name])),
        arms=lambda w: [record(arm) for arm in with_needs(ROWS[w.name].plan(PARAMS[w.name]))],
    output: RUNS / "notebooks" / "{name}.json"
    log: RUNS / "notebooks" / "{name}.ipynb"
    threads: 1
    params:
        profile=PROFILE,
        source=lambda w: source_hash(ROWS[w.name].path),  # a changed cell runs the notebook again, saving it anew does not
    shell: "{EELIB} run {wildcards.name} --profile {params.profile} --jobs 1"


rule report:
    input: [str(RUNS / "notebooks" / f"{name}.json") for name in ROWS]
    output: "reports/html/index.html"
    shell: "{EELIB} report"
