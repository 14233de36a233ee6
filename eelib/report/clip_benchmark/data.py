"""Captions and their number: V1-like against V2-like, doses of noise, amounts; from records only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from eelib.data.pairs.settings import FAULTS, PUBLISHED_VERSIONS, FaultDoses
from eelib.evaluate.statistics import Estimate
from eelib.report.cases import POINTS, points, signed, verdict
from eelib.report.clip_benchmark.compared import Compared, compared
from eelib.report.clip_benchmark.models import Config, Model
from eelib.report.clip_benchmark.published import VERSIONS
from eelib.report.style import PALETTE, WIDTH, use_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MIXED = "mixed"


def version_rows(found: Sequence[Model]) -> list[Compared]:
    """V2 against V1 for every method and encoder.

    V1 and V2 are a pool and what our filter keeps of it, at the same number of pairs; or two published data sets, each as it is and
    both scored on one test set.
    """
    ones = [model.config for model in found if model.config.version == "v1" and model.config.fault == MIXED]
    partners = [config._replace(version="v2", fault="") for config in ones]
    chosen = [model for model in found if model.config in {*ones, *partners}] + _published(found)
    return compared(chosen, _version_one, group=lambda config: PUBLISHED_VERSIONS.get(config.data, config.data))


def _version_one(config: Config) -> Config:
    if is_published(config):
        return config._replace(data=PUBLISHED_VERSIONS.get(config.data, config.data))
    return config._replace(version="v1", fault=MIXED)


def _published(found: Sequence[Model]) -> list[Model]:
    """Models of published versions that have a partner in the other version, of as many pairs and scored on the same set."""
    own = [model for model in found if is_published(model.config)]
    most = max((model.config.pairs for model in own), default=0)
    full = [model for model in own if model.config.pairs == most]
    known = Counter((_version_one(model.config), _test_sets(model)) for model in full)
    return [model for model in full if known[_version_one(model.config), _test_sets(model)] > 1]


def is_published(config: Config) -> bool:
    """Whether a training set is one of two published versions, taken as it is."""
    return config.version == "clean" and config.data in {*PUBLISHED_VERSIONS, *PUBLISHED_VERSIONS.values()}


def _test_sets(model: Model) -> tuple[str, ...]:
    return tuple(model.scores[0]["params"]["data"]["sets"])


def set_title(config: Config) -> str:
    """A published version for people: ``yfcc15m_v2`` is ``YFCC15M V2``."""
    return config.data.upper().replace("_", " ")


def dose_rows(found: Sequence[Model]) -> list[Compared]:
    """One kind of noise at a time against clean captions; none where no noise was put in."""
    spoilt = {model.config.data for model in found if model.config.fault not in ("", MIXED)}
    chosen = [model for model in found if model.config.version == "clean" or model.config.fault not in ("", MIXED)]
    chosen = [model for model in chosen if model.config.data in spoilt]
    return compared(chosen, lambda config: config._replace(version="clean", fault=""))


def amount_rows(found: Sequence[Model]) -> list[Compared]:
    """Fewer pairs against all, at the same number of samples seen; one model for all requests that a set is too small for."""
    found = list({(model.config._replace(pairs=0), pair_count(model)): model for model in found}.values())
    reduced = {model.config._replace(pairs=0) for model in found if _is_fewer(model, found)}
    chosen = [model for model in found if model.config._replace(pairs=0) in reduced]
    most = {config: max(model.config.pairs for model in chosen if model.config._replace(pairs=0) == config) for config in reduced}
    rows = compared(chosen, lambda config: config._replace(pairs=most[config._replace(pairs=0)]))
    return sorted(rows, key=lambda row: (row.model.config.data, row.model.config.pairs))


def pair_count(model: Model) -> int:
    """Pairs that a model was trained on: what was asked for, or all that the set holds."""
    return int(model.trainings[0]["metrics"]["pairs"])


def _is_fewer(model: Model, found: Sequence[Model]) -> bool:
    same = model.config._replace(pairs=0)
    return any(other.config._replace(pairs=0) == same and other.config.pairs > model.config.pairs for other in found)


def version_names(rows: Sequence[Compared]) -> list[str]:
    """Method and version of every row."""
    configs = [row.model.config for row in rows]
    return [f"{one.title}, {set_title(one) if is_published(one) else one.version.upper() + '-like'}" for one in configs]


def amount_names(rows: Sequence[Compared]) -> list[str]:
    """Number of pairs of every row, with the version where it is a data set of its own."""
    of = [f" of {set_title(row.model.config)}" if is_published(row.model.config) else "" for row in rows]
    return [f"{pair_count(row.model)} pairs{name}" for row, name in zip(rows, of, strict=True)]


def filter_table(found: Sequence[Model]) -> pd.DataFrame:
    """Captions by fault: how many were put into the V1-like set, and how many the filter removed on the way to the V2-like one.

    A rule that has no fault, or a fault that no rule looks for, has a dash.
    """
    rows = dict[tuple[str, str], dict[str, int]]()
    for model in found:
        metrics, config = model.trainings[0]["metrics"], model.config
        counts = metrics["removed"] if config.version == "v2" else metrics["faults"] if config.fault == MIXED else None
        if counts:
            name = "removed on the way to {} V2-like pairs" if config.version == "v2" else "put in among {} V1-like pairs"
            rows[model.data_title, name.format(metrics["pairs"])] = {_kind(kind): count for kind, count in counts.items()}
    if not rows:
        return pd.DataFrame()
    found_kinds = dict.fromkeys(kind for counts in rows.values() for kind in counts)
    kinds = sorted(found_kinds, key=lambda kind: [*map(_kind, FAULTS), kind].index(kind))
    cells = [[str(counts.get(kind, "–")) for kind in kinds] for counts in rows.values()]
    return pd.DataFrame(cells, index=pd.MultiIndex.from_tuples(rows, names=("data", "captions")), columns=pd.Index(kinds))


def _kind(name: str) -> str:
    """A fault or the rule against it, for people; older records have another name of one rule."""
    return name.replace("_", " ").replace("boiler-plate", "boilerplate")


def fault_of(row: Compared) -> tuple[str, float]:
    """Kind and dose of the noise; no kind and 0 for clean captions."""
    kind, _, dose = row.model.config.fault.rpartition(" ")
    return kind.replace("_", " "), float(dose or 0)


def dose_figure(rows: Sequence[Compared]) -> Figure:
    """Change of top-1 over the share of captions with a kind of noise, with 95 % intervals; a row per set of pairs, a column per kind."""
    import matplotlib.pyplot as plt

    use_style()
    if not rows:
        return _no_doses()
    shown = [(row.model.data_title, *fault_of(row), row.effect) for row in rows if row.effect is not None]
    data, kinds = list(dict.fromkeys(item[0] for item in shown)), list(dict.fromkeys(item[1] for item in shown))
    size = (WIDTH, 0.9 + 1.5 * len(data))
    figure, axes = plt.subplots(len(data), len(kinds), figsize=size, sharex=True, sharey="row", squeeze=False, layout="constrained")
    for at, (title, line) in enumerate(zip(data, axes, strict=True)):
        for axis, kind in zip(line, kinds, strict=True):
            dots = sorted((dose, effect) for name, fault, dose, effect in shown if (name, fault) == (title, kind))
            axis.axhline(0, color="0.3", linewidth=1)
            y = [0.0, *(POINTS * effect.value for _, effect in dots)]
            low = [0.0, *(POINTS * (effect.value - effect.low) for _, effect in dots)]
            high = [0.0, *(POINTS * (effect.high - effect.value) for _, effect in dots)]
            axis.errorbar([0.0, *(dose for dose, _ in dots)], y, yerr=[low, high], fmt="o-", color=PALETTE[at], markersize=3, capsize=2)
            axis.set_title(kind if at == 0 else "", fontsize=8)
            axis.tick_params(labelsize=7)
        line[0].set_ylabel(title.replace(", ", "\n"), fontsize=8)
    figure.supxlabel("share of the captions", fontsize=8)
    figure.supylabel("points of top-1 against clean", fontsize=8)
    return figure


def _no_doses() -> Figure:
    """In place of the figure where captions are somebody's own."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(WIDTH, 0.6))
    figure.text(0.5, 0.5, "captions are taken as they were written: no noise was put in", ha="center", va="center", fontsize=9)
    return figure


def expected_cost(doses: Sequence[Compared]) -> tuple[float, float]:
    """What the default mixture of the V1-like set should cost, from kinds of fault that were run one at a time.

    Linear in the dose, from the least dose of each kind; kinds that were not run count nothing.

    Returns:
        Top-1 lost, and the share of the mixture's faults that the kinds make up.
    """
    mixture, least = FaultDoses(), dict[str, Compared]()
    for row in sorted(doses, key=lambda row: fault_of(row)[1]):
        if row.effect is not None:
            least.setdefault(fault_of(row)[0].replace(" ", "_"), row)
    lost = [-row.effect.value * mixture.of(kind) / fault_of(row)[1] for kind, row in least.items() if row.effect]
    return float(sum(lost)), sum(mixture.of(kind) for kind in least) / sum(mixture.of(kind) for kind in FAULTS)


def _why_not_better(rows: Sequence[Compared], effects: Sequence[Estimate], doses: Sequence[Compared]) -> str:
    """What was to be expected, what could have been seen, and what top-1 is worth where the majority class is ahead of every model."""
    lost, share = expected_cost(doses)
    seen = max((effect.high - effect.low) / 2 for effect in effects)
    kinds = "" if round(share, 2) >= 1 else f", whose kinds are {100 * share:.0f} % of the faults there,"
    return (
        f" From the runs with a single kind of fault{kinds} we expect the faults of the V1-like set to change top-1 by "
        f"{points(-POINTS * lost)} points (linear in the dose); with {effects[0].seeds} seeds and {effects[0].places} places only "
        f"differences above about {POINTS * seen:.0f} points would be seen.{_below_majority(rows)}"
    )


def _below_majority(rows: Sequence[Compared]) -> str:
    """A sentence where every model is below the majority class; empty elsewhere."""
    majority = rows[0].model.scores[0]["metrics"]["baselines"]["majority"]
    if max(row.score.value for row in rows) >= majority:
        return ""
    means = {row.model.config: _class_mean(row.model) for row in rows}
    changes = [mean - means[config._replace(version="v1", fault=MIXED)] for config, mean in means.items() if config.version == "v2"]
    return (
        f" All models are below the majority class ({majority:.3f}), so naming it more often, rightly or not, raises top-1; the mean of "
        f"the classes' accuracies changes by {points(POINTS * min(changes))} to {points(POINTS * max(changes))} points."
    )


def _class_mean(model: Model) -> float:
    """Mean over classes of the accuracy with the first prompt set, mean over seeds."""
    found = (next(iter(score["metrics"]["zero_shot"].values()))[model.how]["class_mean"] for score in model.scores)
    return float(sum(found) / len(model.scores))


def data_conclusion(versions: Sequence[Compared], doses: Sequence[Compared], amounts: Sequence[Compared]) -> str:
    """What the data factor says, in Markdown, computed from its numbers."""
    lines = []
    for title in dict.fromkeys(_versions_title(row) for row in versions):
        rows = [row for row in versions if _versions_title(row) == title]
        effects = [row.effect for row in rows if row.effect is not None]
        above, below, undecided = verdict(effects)
        text = f"* **{title}**: better in {above} of {len(effects)} cases, worse in {below}, "
        text += f"undecided in {undecided}; "
        text += f"differences from {signed(min(effects, key=lambda e: e.value))} to {signed(max(effects, key=lambda e: e.value))} points."
        own = [] if is_published(rows[0].model.config) else [row for row in doses if row.model.data_title == rows[0].model.data_title]
        lines.append(text + (_why_not_better(rows, effects, own) if above < len(effects) and own else ""))
    known = ", ".join(f"{name} {points(two - one)}" for name, (one, two) in VERSIONS.items())
    lines.append(f"* Published at another scale (PyramidCLIP, V2 over V1): {known} points.")
    for data in dict.fromkeys(row.model.data_title for row in doses):
        decided = [row for row in doses if row.model.data_title == data and row.decided and row.effect]
        worst = sorted(decided, key=lambda row: row.effect.value if row.effect else 0)
        named = "; ".join(f"{fault_of(row)[0]} at {fault_of(row)[1]:g}: {signed(row.effect)}" for row in worst if row.effect)
        lines.append(f"* **Noise, {data}**: doses whose effect stands after correction: {named or 'none'}.")
    for row in amounts:
        if row.effect:
            lines.append(f"* **Amount, {row.model.data_title}**: {amount_names([row])[0]} change top-1 by {signed(row.effect)} points.")
    return "\n".join(lines)


def _versions_title(row: Compared) -> str:
    """What is compared, and on which data."""
    if not is_published(row.model.config):
        return f"V2-like against V1-like, {row.model.data_title}"
    pool = set_title(row.model.config).rpartition(" ")[0]
    return f"V2 against V1 of {pool}, two data sets scored on {row.model.data_title}"
