"""A figure with a panel per reading and region, on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from eelib.report.cases import READINGS, Case
from eelib.report.style import WIDTH, use_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class HasCase(Protocol):
    """Anything that belongs to a case."""

    @property
    def case(self) -> Case:
        """Region, network, label share and reading."""
        ...


T = TypeVar("T", bound=HasCase)


def panels(items: Sequence[T], ticks: Callable[[T], Sequence[float]], head: float = 0.8) -> tuple[Figure, list[tuple[Axes, list[T]]]]:
    """Panels with their items, in order: one row per reading, one column per region.

    Args:
        items: What is drawn.
        ticks: Where an item has points; every one of a panel gets a tick.
        head: Inches for everything but the panels.
    """
    import matplotlib.pyplot as plt

    use_style()
    readings = [reading for reading in READINGS if any(item.case.reading == reading for item in items)]
    places = by_place(items)
    size = (WIDTH, head + 1.9 * len(readings))
    figure, axes = plt.subplots(len(readings), len(places), figsize=size, sharey="row", squeeze=False)
    found = []
    for row, reading in zip(axes, readings, strict=True):
        for axis, (place, here) in zip(row, places.items(), strict=True):
            chosen = [item for item in here if item.case.reading == reading]
            logarithmic(axis, {tick for item in chosen for tick in ticks(item)})
            axis.set_title(f"{place}\n{reading}", fontsize=7)
            found.append((axis, chosen))
    return figure, found


def by_place(items: Iterable[T]) -> dict[str, list[T]]:
    """Items by region and kind of data, ``Germany, simulated``."""
    found: dict[str, list[T]] = {}
    for item in items:
        found.setdefault(f"{item.case.title.partition(' (')[0]}, {item.case.kind}", []).append(item)
    return found


def logarithmic(axis: Axes, ticks: Collection[float]) -> None:
    """A logarithmic axis with these ticks and no others."""
    from matplotlib.ticker import NullLocator, ScalarFormatter

    axis.set_xscale("log")
    axis.set_xticks(sorted(ticks), labels=None)
    axis.xaxis.set_major_formatter(ScalarFormatter())
    axis.xaxis.set_minor_locator(NullLocator())
    axis.tick_params(labelsize=6)
