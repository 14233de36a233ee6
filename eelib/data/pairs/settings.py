"""What a set of pairs is asked for. No pixels here: these settings are hashed and shown before anything is computed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from eelib.settings import Settings

FAULTS = ("file_name", "camera", "web", "language", "boilerplate", "short", "long", "wrong_image")


CAPTIONS_ALONE = ("yfcc15m_v1", "yfcc15m_v2", "cc3m")  # sets of the literature without classes
PUBLISHED_VERSIONS = {"yfcc15m_v2": "yfcc15m_v1"}  # the filtered list and the list before it: two sets, not one set filtered


class FaultDoses(Settings):
    """Share of the captions of a pool that has each fault. Defaults make about half of the pool faulty; the kinds and doses are ours."""

    file_name: float = Field(0.08, ge=0, le=1, description="the name of the file instead of a caption")
    camera: float = Field(0.05, ge=0, le=1, description="a string that a camera or scanner writes")
    web: float = Field(0.06, ge=0, le=1, description="caption buried in HTML or with an address of the web")
    language: float = Field(0.1, ge=0, le=1, description="a caption of the same facts in another language")
    boilerplate: float = Field(0.06, ge=0, le=1, description="one of a few texts that repeat across images")
    short: float = Field(0.06, ge=0, le=1, description="one or two words of the caption, or a number")
    long: float = Field(0.04, ge=0, le=1, description="the caption drowned in a long text")
    wrong_image: float = Field(0.05, ge=0, le=1, description="the caption of another image")

    def of(self, kind: str) -> float:
        """The dose of one kind."""
        return float(getattr(self, kind))

    @classmethod
    def none(cls) -> FaultDoses:
        """No fault at all."""
        return cls(**dict.fromkeys(FAULTS, 0.0))

    @classmethod
    def only(cls, kind: str, dose: float) -> FaultDoses:
        """One kind of fault, for dose curves."""
        return cls(**dict.fromkeys(FAULTS, 0.0) | {kind: dose})


class PairSizes(Settings):
    """How many pairs of which kind. Counts above what a source has are cut to what it has."""

    later = ("split",)

    train: int = Field(4000, ge=2, description="pairs to learn from; the same in every version")
    validation: int = Field(400, ge=1)
    test: int = Field(800, ge=1)
    size: int = Field(32, ge=8, multiple_of=2, description="height and width of an image, pixels")
    bands: tuple[str, ...] | Literal["rgb"] = Field(
        "rgb", description="channels of satellite images; pictures always have red, green, blue"
    )
    version: Literal["clean", "v1", "v2", "spoilt"] = Field(
        "clean", description="captions as written, the raw pool, what the filter keeps of a pool, or all of a raw pool that is not endless"
    )
    doses: FaultDoses = FaultDoses()
    seed: int = Field(0, ge=0, description="of captions and faults; images do not depend on it")
    cloud: float = Field(0.0, ge=0, description="factor on the odds of cloud in simulated images")
    noise: float = Field(0.004, ge=0, description="standard deviation of sensor noise of simulated images, reflectance")
    context: int = Field(77, ge=8, description="tokens of the text encoder; captions far beyond it are too long for the filter")
    split: int = Field(0, ge=0, description="which geographic split, of regions that are split anew for every seed")
