"""Records of image-text models grouped by what was trained and how."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from eelib.data.pairs.settings import FAULTS, FaultDoses
from eelib.errors import InputError
from eelib.evaluate.open_clip_names import short_name
from eelib.report.cases import Record
from eelib.study.pair_methods import TITLES

OPEN_CLIP = "open-clip"  # encoder of models that were trained elsewhere; no name of an encoder of the study
ENCODERS = {"vit": "ViT", "resnet": "ResNet", OPEN_CLIP: "open_clip"}
OWN_SCORES = "tokens"  # of a method that learns token-wise similarities alone


class Config(NamedTuple):
    """What a model was trained on and how, but for its seed."""

    data: str
    label: str
    encoder: str
    version: str
    fault: str
    pairs: int
    layers: int | None
    samples: int

    @property
    def family(self) -> str:
        """``vit`` or ``resnet``."""
        return self.encoder.partition("_")[0]

    @property
    def encoder_title(self) -> str:
        """The encoder family for people."""
        return ENCODERS.get(self.family, self.family)

    @property
    def title(self) -> str:
        """The label for people."""
        if self.encoder == OPEN_CLIP:
            return short_name(self.label)
        name, *rest = self.label.split(", ", 1)
        return ", ".join([TITLES.get(name, name), *rest])


@dataclass(frozen=True, eq=False)  # a model is itself, records cannot be hashed
class Model:
    """The records of one configuration over all seeds.

    Attributes:
        config: What it is.
        scores: Records of its scores, in the order of seeds.
        trainings: Records of its trainings, in the same order; none of a model of open_clip.
    """

    config: Config
    scores: tuple[Record, ...]
    trainings: tuple[Record, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds in order."""
        return tuple(record["seed"] for record in self.scores)

    @property
    def trained(self) -> bool:
        """Whether the study trained it; models of open_clip stand beside the others and are in no test of methods."""
        return bool(self.trainings)

    @property
    def how(self) -> str:
        """The similarity that it is asked by: ``tokens`` where no term of its training has global embeddings meet, else ``global``."""
        return "global" if self.aligns("global") else OWN_SCORES

    def aligns(self, how: str) -> bool:
        """Whether a term of its training has images and texts meet by a similarity, ``global`` or ``tokens``; in DeFILIP both do."""
        if not self.trained:
            return how == "global"
        weights = self.trainings[0]["params"]["method"]["weights"]
        return any(weights[term] for term in (("tokens",) if how == "tokens" else ("clip", "multi_view", "neighbours")))

    @property
    def data_title(self) -> str:
        """The data for people."""
        metrics = self.scores[0]["metrics"]
        return str(metrics["title"]).removesuffix(" (simulated)") + (", simulated" if metrics["simulated"] else ", real")


def short_title(title: str) -> str:
    """The data for a label of a figure: without what stands in round brackets."""
    return re.sub(r" \([^)]*\)", "", title)


def models(scores: Iterable[Record], trainings: Iterable[Record]) -> list[Model]:
    """Every configuration, by data, encoder and method, whatever the order of the records; models of open_clip last.

    Raises:
        InputError: There is no score, or the training of one is missing.
    """
    by_key, found = {record["key"]: record for record in trainings}, dict[Config, list[Record]]()
    every, others = {record["key"]: record for record in scores}.values(), []
    for record in every:
        if record["params"].get("open_clip"):
            others.append(record)
        elif record["needs"].get("train") not in by_key:
            raise InputError(f"{record['experiment']}/{record['key']}: the record of its training is missing")
        else:
            found.setdefault(_config(record, by_key[record["needs"]["train"]]), []).append(record)
    if not every:
        raise InputError("there is no score of an image-text model: run the arms first")
    made = []
    for config, records in found.items():
        ordered = tuple(sorted(records, key=lambda record: record["seed"]))
        made.append(Model(config, ordered, tuple(by_key[record["needs"]["train"]] for record in ordered)))
    made += [Model(_elsewhere(record, made), (record,), ()) for record in others]
    return sorted(made, key=lambda model: _order(model.config))


def trained_ones(found: Iterable[Model]) -> list[Model]:
    """Without models of open_clip."""
    return [model for model in found if model.trained]


def _elsewhere(score: Record, trained: Sequence[Model]) -> Config:
    """Beside the first of the study's own models that were asked about the same pairs."""
    names = score["params"]["data"]["sets"]
    beside = (model.config.data for model in trained if model.scores[0]["params"]["data"]["sets"] == names)
    return Config(next(beside, "+".join(names)), score["params"]["open_clip"], OPEN_CLIP, "", "", 0, None, 0)


def _order(config: Config) -> tuple[object, ...]:
    """Encoders as they are listed above, methods as the study lists them, a method itself before its changes."""
    encoders, methods, (method, _, change) = list(ENCODERS), list(TITLES), config.label.partition(", ")
    encoder = encoders.index(config.family) if config.family in encoders else len(encoders)
    listed = methods.index(method) if method in methods else len(methods)
    return config.data, encoder, listed, method, change, config.layers or 0, config.version, config.fault, config.pairs, config.samples


def models_of(records: Iterable[Record]) -> list[Model]:
    """Every configuration, from the scores and trainings among the records."""
    every = list(records)
    scores, trainings = ([one for one in every if one["recipe"].partition("@")[0] == kind] for kind in ("pair_score", "pair_train"))
    return models(scores, trainings)


def _config(score: Record, training: Record) -> Config:
    params = training["params"]
    sizes = params["data"]["sizes"]
    fault = fault_title(sizes["doses"]) if sizes["version"] in ("v1", "spoilt") else ""
    names = params["data"]["sets"]
    return Config(
        "+".join(names),
        score["arm"],
        params["image"]["name"],
        sizes["version"],
        fault,
        sizes["train"],
        params["text"]["layers"],
        params["recipe"]["samples"],
    )


def fault_title(doses: Mapping[str, float]) -> str:
    """``"language 0.4"`` for one kind of fault, ``"mixed"`` for the default mixture."""
    if FaultDoses(**doses) == FaultDoses():
        return "mixed"
    return ", ".join(f"{kind} {doses[kind]:g}" for kind in FAULTS if doses[kind])
