"""What every manifest has, whatever its kind."""

from __future__ import annotations

from pydantic import Field

from eelib.settings import Settings


class Manifest(Settings):
    """What every data set has, whatever its kind."""

    name: str = Field(pattern="^[a-z][a-z0-9_]*$")
    kind: str
    title: str
    description: str
