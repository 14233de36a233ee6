"""The recipes as frozen, validated settings. No torch here: they are planned with, hashed and shown before anything is computed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from eelib.errors import InputError, unknown


class Settings(BaseModel):
    """Base of all settings: immutable, and unknown names are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    later: ClassVar[tuple[str, ...]] = ()  # fields younger than the first records

    @model_serializer(mode="wrap")
    def _written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without younger fields at their default, so that old records keep their keys."""
        written: dict[str, Any] = handler(self)
        for name in self.later:
            if getattr(self, name) == type(self).model_fields[name].default:
                written.pop(name, None)
        return written


class RegionSizes(Settings):
    """How many windows of which size a region gives."""

    later = ("split",)

    unlabelled: int = Field(256, ge=2, description="windows for pre-training")
    train: int = Field(100, ge=1, description="labelled windows at label fraction 1")
    validation: int = Field(40, ge=1, description="labelled windows for every choice")
    test: int = Field(100, ge=1, description="labelled windows for the final score")
    window: int = Field(32, ge=8, multiple_of=4, description="height and width of a window, pixels")
    num_dates: int = Field(16, ge=1, description="dates per series, where the region has as many")
    bands: tuple[str, ...] | None = Field(None, min_length=1, description="None: all bands of the region")
    cloud: float = Field(1.0, ge=0, description="factor on the odds of cloud in simulated regions")
    split: int = Field(0, ge=0, description="which split: of regions that are split anew for every seed, or of the official ones")


# The keys of eelib.models.ENCODERS, without importing torch.
ENCODERS = ("unet3d", "unet3df", "unet2d_clstm", "convbigru", "tsvit", "vit_series", "resnet_series")

# Which image encoder of the image-text study a network of series applies to every date, by width.
IMAGE_PRESETS = {
    "vit_series": {8: "vit_tiny", 16: "vit_small", 64: "vit_b32"},
    "resnet_series": {8: "resnet_tiny", 16: "resnet_small", 64: "resnet50"},
}


class EncoderSettings(Settings):
    """Which network, how large."""

    name: str = Field("unet3df", description=", ".join(ENCODERS))
    width: int = Field(
        8, ge=1, description="channels of the first stage, half the token width of tsvit, an eighth of vit_series'; 64: the published size"
    )
    num_dates: int = Field(8, ge=1, description="dates the network reads at a time; cut to 1 for single-date regions")

    @field_validator("name")
    @classmethod
    def _name_is_known(cls, value: str) -> str:
        if value not in ENCODERS:
            raise unknown("encoder", value, ENCODERS)
        return value

    @model_validator(mode="after")
    def _heads_divide_tokens(self) -> Self:
        if self.name == "tsvit" and self.width % 2:
            raise ValueError(f"tsvit has 4 heads, which divide 2 x width only where width is even, got width={self.width}")
        if self.name == "resnet_series" and self.width % 2:
            raise ValueError(f"the first convolutions of resnet_series have half its width, which must be even, got width={self.width}")
        return self


def series_encoder(image: str, num_dates: int) -> EncoderSettings:
    """Settings of the network of series that applies an image encoder to every date.

    Args:
        image: Preset of the image-text study, for example ``vit_tiny``.
        num_dates: Dates that it reads at a time.
    """
    name, width = next((name, width) for name, presets in IMAGE_PRESETS.items() for width, preset in presets.items() if preset == image)
    return EncoderSettings(name=name, width=width, num_dates=num_dates)


class ViewSettings(Settings):
    """How two views of a series differ. Every field is an ablation."""

    size: int = Field(12, ge=4, multiple_of=4, description="height and width of a view in pixels")
    crop: bool = Field(True, description="draw the window of each view; False takes the centre for both")
    min_overlap: float = Field(0.25, gt=0, le=1, description="least share of a view that the other view also shows")
    flips: bool = Field(True, description="the eight flips and rotations, drawn per view")
    num_dates: int = Field(8, ge=1, description="dates per view")
    dates: Literal["disjoint", "overlapping", "same", "all"] = Field(
        "overlapping", description="how the dates of the two views relate; all: every date of the series, in order, in both"
    )
    gain: float = Field(0.05, ge=0, lt=1, description="per-band factor drawn from 1 - gain to 1 + gain")
    noise: float = Field(0.002, ge=0, description="standard deviation of additive noise, reflectance")
    batch_shift: float = Field(0.0, ge=0, description="standard deviation of a per-band shift shared by the whole batch, reflectance")
    band_drop: float = Field(0.0, ge=0, lt=1, description="probability that a band of a view is replaced by its mean over the view")
    date_drop: float = Field(0.0, ge=0, lt=1, description="probability that a date of a view is whitened out like a cloud")
    level: Literal["sample", "batch"] = Field("sample", description="draw window and flip once per sample or once per batch")

    @model_validator(mode="after")
    def _one_date_has_no_other(self) -> Self:
        if self.num_dates == 1 and self.dates == "disjoint":
            raise ValueError("num_dates=1 leaves no second date for disjoint views: use dates='same'")
        return self


class PretrainSettings(Settings):
    """The recipe of one pre-training. Defaults are those of profile quick; ``eelib.study.budgets`` has those of the others.

    A field says for which objective or branch it counts; where it does not, it must keep its default or is not read.
    """

    later = ("precision", "same_ground")

    views: ViewSettings = ViewSettings()
    objective: Literal["contrast", "barlow", "vicreg", "pixpro", "masked"] = Field("contrast", description="what is minimised")
    positives: Literal["geolocation", "feature", "pooled"] = Field(
        "geolocation", description="contrast: same ground; most similar backbone feature (DenseCL); mean over the window (SimCLR, MoCo)"
    )
    negatives: Literal["all", "other_images", "same_image"] = Field("all", description="which other anchors repel; a queue replaces them")
    guard_radius: float = Field(3.0, ge=0, description="pixels; nearer anchors of one series are not negatives")
    same_ground: Literal["negatives", "exclude"] = Field(
        "negatives",
        description="dense contrast without a queue: anchors of other series within the guard radius on the ground repel, or are left out; "
        "counts where windows of a region overlap or series show the same place",
    )
    branch: Literal["shared", "momentum"] = Field("shared", description="the other view's network: the same, or its running average")
    momentum: float = Field(0.99, ge=0, lt=1, description="share of the running average that a step keeps")
    queue: int = Field(0, ge=0, description="keys of earlier steps that serve as the negatives (MoCo); needs the momentum branch")
    global_weight: float = Field(0.0, ge=0, le=1, description="share of a pooled term beside a dense contrast (DenseCL: 0.5)")
    embed_dim: int = Field(64, ge=2, description="channels of the projected embedding")
    head_depth: int = Field(2, ge=1, description="1x1 convolutions in the projection head")
    head_width: int | None = Field(None, ge=1, description="channels between them; None: those of the features")
    head_norm: bool = Field(True, description="end the projection head with a batch norm")
    temperature: float = Field(0.1, gt=0)
    anchors: int = Field(144, ge=1, description="pixels drawn per series and step")
    hidden_dates: float = Field(0.3, ge=0, lt=1, description="masked: probability that a date is hidden; one always stays")
    hidden_patches: float = Field(0.3, ge=0, lt=1, description="masked: probability that a patch of a date is hidden")
    patch: int = Field(4, ge=1, description="masked: height and width of a hidden patch, pixels")
    batch_size: int = Field(4, ge=2, description="series per step")
    steps: int = Field(280, ge=1)
    lr: float = Field(1e-3, gt=0, description="peak learning rate")
    weight_decay: float = Field(1e-4, ge=0)
    precision: Literal["32", "bf16"] = Field(
        "32",
        description="bf16: autocast of the encoder, the rest in 32 bits; faster on GPUs and on processors with matrix units (AMX)",
    )

    @model_validator(mode="after")
    def _choices_agree(self) -> Self:
        if self.queue and self.branch != "momentum":
            raise ValueError(f"queue={self.queue} needs branch='momentum': keys of earlier steps must come from a slowly moving network")
        if self.objective == "pixpro" and self.branch != "momentum":
            raise ValueError("objective='pixpro' needs branch='momentum': it has no negatives")
        if self.objective != "contrast" and (self.positives != "geolocation" or self.queue or self.global_weight):
            raise ValueError(f"positives, queue and global_weight belong to objective='contrast', not to '{self.objective}'")
        if self.objective in ("barlow", "vicreg", "masked") and self.branch == "momentum":
            raise ValueError(f"objective='{self.objective}' has no momentum branch: use branch='shared'")
        if self.positives == "pooled" and self.global_weight:
            raise ValueError("global_weight adds a pooled term to a dense one: with positives='pooled' leave it at 0")
        if self.objective == "masked" and not (self.hidden_dates or self.hidden_patches):
            raise ValueError("objective='masked' with hidden_dates=0 and hidden_patches=0 hides nothing: raise one of them")
        return self


def recombined(recipe: PretrainSettings, changes: Mapping[str, Any], what: str) -> PretrainSettings:
    """A recipe with other fields, validated.

    Raises:
        InputError: The fields do not go together; ``what`` says what was to be made of them.
    """
    try:
        return PretrainSettings.model_validate(recipe.model_dump() | dict(changes))
    except ValidationError as error:
        raise InputError(f"{what}: {describe(error, PretrainSettings)}") from None


class SegmentSettings(Settings):
    """The recipe of one fine-tuning; the same for every initialisation."""

    size: int = Field(8, ge=4, multiple_of=4, description="height and width of training crops, pixels")
    batch_size: int = Field(16, ge=1)
    steps: int = Field(70, ge=1)
    lrs: tuple[float, ...] = Field((5e-3, 1e-2), min_length=1, description="learning rates tried; validation mIoU chooses")


class ProbeSettings(Settings):
    """The recipe of one frozen linear probe."""

    penalties: tuple[float, ...] = Field((1e-5, 1e-3), min_length=1, description="L2 penalties tried; validation mIoU chooses")
    pixels: int = Field(10_000, ge=1, description="labelled training pixels used at most")


class PixelSettings(Settings):
    """The recipe of one classifier of single pixels, without a network."""

    pixels: int = Field(4000, ge=1, description="labelled training pixels used at most")
    trees: int = Field(40, ge=1, description="trees of a forest; rounds of boosting")
    leaves: tuple[int, ...] = Field((1, 10), min_length=1, description="least pixels in a leaf that are tried; validation mIoU chooses")


class LookSettings(Settings):
    """How much of a region a look at embeddings takes."""

    windows: int = Field(64, ge=1, description="test windows embedded at most")
    examples: int = Field(3, ge=1, description="windows whose embeddings are kept for figures")
    pixels: int = Field(10_000, ge=1, description="labelled pixels that clusters are found from at most")
    queries: int = Field(2_000, ge=2, description="labelled pixels whose nearest neighbour is looked up")
    per_window: int = Field(64, ge=2, description="pixels per window that are looked up in another season")


class PublishedSettings(Settings):
    """Which published Sentinel-2 weights of torchgeo an initialisation 'published' takes."""

    later = ("digest",)

    weights: str = Field("ResNet18_Weights.SENTINEL2_ALL_MOCO", description="name in torchgeo.models")
    file: str | None = Field(None, description="their file; None: where torch keeps downloaded weights")
    digest: str | None = Field(None, description="short hash of that file, so that another one at the same path is another start")


PATTERNS = {
    "^[a-z][a-z0-9_]*$": "use lower-case letters, digits and _ only, and begin with a letter",
    "^#[0-9a-f]{6}$": "write a colour as # and six hexadecimal digits, as in '#1b5e20'",
    "^https?://": "give an address that begins with http:// or https://",
    "^[0-9a-f]{32}$": "an MD5 sum has 32 hexadecimal digits",
    "^[0-9a-f]{64}$": "a SHA-256 sum has 64 hexadecimal digits",
}


def describe(error: ValidationError, model: type[BaseModel]) -> str:
    """The first problem of a validation error in one line, with the nearest name where a name is unknown."""
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        parent: Any = model
        for part in problem["loc"][:-1]:
            parent = _field_model(parent, part)
        kind, last = "parameter" if model.__name__.endswith("Parameters") else "field", str(problem["loc"][-1])
        return str(unknown(kind, last, getattr(parent, "model_fields", {}))).replace(f"'{last}'", f"'{where}'", 1)
    if problem["type"] == "missing":
        return f"the field '{where}' is missing{_misspelt(error, problem['loc'])}"
    message = explained(problem)
    given = "" if isinstance(problem["input"], dict) else f", got {problem['input']!r}"
    return f"'{where}': {message}{given}" if where else message


def explained(problem: Mapping[str, Any]) -> str:
    """The message of one of pydantic's problems, in words where pydantic's own are those of a programmer."""
    given = problem["input"]
    if problem["type"] in ("tuple_type", "list_type"):
        return f"give a list, as in [{given}]" if isinstance(given, str | int | float) else "give a list"
    if problem["type"] in ("model_type", "dict_type"):
        return "give fields with their values, as in {field: value}"
    pattern = problem["ctx"]["pattern"] if problem["type"] == "string_pattern_mismatch" else ""
    return PATTERNS.get(pattern, str(problem["msg"]).removeprefix("Value error, "))


def _misspelt(error: ValidationError, missing: tuple[int | str, ...]) -> str:
    """What may have been meant for a missing field: an unknown one beside it with nearly its name."""
    beside = [other["loc"] for other in error.errors() if other["type"] == "extra_forbidden" and other["loc"][:-1] == missing[:-1]]
    near = difflib.get_close_matches(str(missing[-1]), [str(where[-1]) for where in beside], n=1)
    return f", and '{near[0]}' is unknown: did you mean '{missing[-1]}'?" if near else ""


def _field_model(parent: Any, part: str | int) -> Any:  # noqa: ANN401 - walks type annotations
    """The model behind a field; positions in a list keep the element's model."""
    fields = getattr(parent, "model_fields", {})
    if part not in fields:
        return parent
    annotation = fields[part].annotation
    return next((a for a in (annotation, *get_args(annotation)) if hasattr(a, "model_fields")), None)
