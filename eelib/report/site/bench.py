"""What ``make bench`` writes and the report reads: the schema of ``reports/bench.json``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from eelib.errors import InputError
from eelib.settings import Settings, describe

Status = Literal["measured", "not measured", "failed"]


class Measured(Settings):
    """One case: ours or a peer."""

    name: str
    seconds: float | None = Field(None, ge=0, description="median of the repeats, wall clock")
    processor_seconds: float | None = Field(None, ge=0, description="the same of processor time, over all threads")
    times: tuple[float, ...] = Field((), description="every repeat, wall clock")
    memory_mb: float | None = Field(None, ge=0, description="growth of the peak of a fresh process")
    floor_seconds: float | None = Field(None, ge=0, description="operations that nobody can do without, at the measured rate")


class Check(Settings):
    """A number of a row and what it must reach."""

    name: str
    value: float | None
    target: float | None = Field(None, description="None: there is none")
    at_least: bool = Field(False, description="the target is the smallest value that will do, not the largest")
    met: bool | None = Field(None, description="None: no target, or not measured")

    @classmethod
    def of(cls, name: str, value: float | None, target: float | None = None, *, at_least: bool = False) -> Self:
        """A check, judged."""
        if value is None or target is None:
            return cls(name=name, value=value, target=target, at_least=at_least)
        return cls(name=name, value=value, target=target, at_least=at_least, met=value >= target if at_least else value <= target)


class BenchRow(Settings):
    """One line of the table."""

    group: str
    title: str
    status: Status = "measured"
    ours: Measured | None = None
    peer: Measured | None = None
    checks: tuple[Check, ...] = ()
    parts: dict[str, float] = Field({}, description="seconds of the parts of one call, for cases that were taken apart")
    note: str = ""

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.status != "measured" and not self.note:
            raise ValueError(f"row '{self.title}' is {self.status}: its note must say why")
        return self


class Machine(Settings):
    """Where and with what it was measured."""

    processor: str
    device: str = Field("cpu", description="the GPU, or cpu")
    cores: int
    system: str
    python: str
    packages: dict[str, str | None]
    commit: str | None
    dirty: bool | None


class Bench(Settings):
    """All of ``reports/bench.json``."""

    version: Literal[1] = 1
    date: str
    quick: bool = Field(description="tiny sizes, once each: numbers mean nothing")
    threads: int = Field(ge=1)
    load: float | None = Field(description="processes that were waiting for the processor when it began (load average of a minute)")
    seconds: float = Field(ge=0, description="duration of the whole benchmark")
    machine: Machine
    ceilings: dict[str, float] = Field(description="float32_gflops, bfloat16_gflops, copy_gb_per_s")
    rows: tuple[BenchRow, ...]


def read_bench(path: Path) -> Bench | None:
    """The benchmark of a file; None where there is no file.

    Raises:
        InputError: The file is not one that ``make bench`` writes.
    """
    if not path.is_file():
        return None
    try:
        return Bench.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        raise InputError(f"{path}: {describe(error, Bench)}; run make bench again") from error
