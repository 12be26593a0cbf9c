"""Stages side by side: what is zoomed or moved in one of them, is in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.contracts import Box, Picture
from dashboard import services
from dashboard.services import Layer
from dashboard.widgets.components import component
from dashboard.widgets.stage import fractions

__all__ = ["Panel", "pair", "panel"]

_SIDE = 1000
"""Longest side of the pictures that are sent, in pixels: enough to zoom into."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One stage; all its texts are shown as text, never as markup.

    Parameters
    ----------
    side : str
        ``"Left"``, ``"Right"`` or what the panel is.
    base : str
        SHA-256 of the picture, sent once however many panels show it; ``""`` for none.
    box : list of float, optional
        What the model saw, as shares of the picture's sides.
    map : str, optional
        Data URI of the overlay.
    state : str
        What stands in for a map: that it is on its way, or why there is none.
    """

    id: str
    side: str
    title: str
    note: str
    base: str
    alt: str
    width: int
    height: int
    box: list[float] | None = None
    map: str | None = None
    map_alt: str = ""
    legend: dict[str, Any] | None = None
    state: str = ""


def panel(
    id: str, side: str, title: str, note: str, picture: Picture | None, *, box: Box | None = None,
    layer: Layer | None = None, scale: dict[str, Any] | None = None, state: str = "",
) -> Panel:  # fmt: skip
    """Return a panel of ``picture``, with a map over it where there is one."""
    shown = layer is not None and not layer.empty
    width, height = (4, 3) if picture is None else (picture.width, picture.height)
    return Panel(
        id=id,
        side=side,
        title=title,
        note=note,
        base="" if picture is None else picture.sha256,
        alt="" if picture is None else f"The picture {picture.name}",
        width=width,
        height=height,
        box=None if box is None else fractions(box, width, height),
        map=layer.uri if layer is not None and shown else None,
        map_alt=f"{side}: {title}" if shown else "",
        legend=scale if shown else None,
        state=state,
    )


def pair(panels: Sequence[Panel], pictures: Sequence[Picture], *, key: str, tools: bool) -> None:
    """Draw panels that move together, also with those drawn elsewhere on the page.

    Parameters
    ----------
    panels : sequence of Panel
    pictures : sequence of Picture
        Those that the panels show.
    key : str
    tools : bool
        Whether the opacity and the buttons stand below.
    """
    bases = {shown.sha256: services.base_uri(shown, side=_SIDE) for shown in pictures}
    data = {"panels": [asdict(each) for each in panels], "bases": bases, "tools": tools}
    component("pair")(key=key, data=data)
