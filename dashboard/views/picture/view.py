"""Pictures: stages that zoom, framing, examples that come along, masks, and films."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import streamlit as st

from core.contracts import (
    GEOMETRIES,
    AdversarialExample,
    Explanation,
    Input,
    OpenedSource,
    RegionShare,
    Robustness,
    ShapRequest,
    ShapResult,
    opened_picture,
    picture_input,
    picture_seen,
)
from dashboard import glossary, services
from dashboard.figures.shap_map import shap_map
from dashboard.robustness_text import format_eps
from dashboard.session import bound
from dashboard.theme import current_mode
from dashboard.views.base import Example, Reading, Side, View
from dashboard.widgets.chart import chart
from dashboard.widgets.pair import Panel, pair, panel
from dashboard.widgets.stage import fractions, legend, stage
from dashboard.widgets.triptychs import Triptych, triptychs

__all__ = ["PictureView"]

_EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"
_FRAMINGS = {"crop": "Crop the centre", "squash": "Squash", "letterbox": "Letterbox"}
_TILE_SIDE = 420


class PictureView(View):
    """Pictures."""

    id = "picture"
    serves = frozenset({"mask", "film", "examples", "concepts"})
    by = "Photo"
    about_broken = "Grey in the middle is no change; colours are the change of each channel."
    about_file = "The picture itself: commands that pages show for it name this file."
    names = {"geometry": "framing"}  # noqa: RUF012

    @property
    def types(self) -> list[str]:
        """Endings of pictures' files, the usual ones first."""
        return services.picture_types()

    @property
    def controls(self) -> Sequence[str]:
        """Kinds of maps that know nothing of a model, the most telling ones."""
        return "random blocks", "fine noise", "edges", "the middle of the picture"

    # ---- choosing a source, and reading it

    def thumbnail(self, source: OpenedSource, model: str) -> str:
        """Return the picture, small."""
        return services.thumbnail_uri(opened_picture(source))

    def examples(self) -> tuple[Example, ...]:
        """Return the photographs that come along."""
        return _examples()

    def has_depth(self, source: OpenedSource) -> bool:
        """Return whether the file has samples of 16 bits."""
        return opened_picture(source).bits is not None

    def reading(self, chosen: Reading, keep: Callable[[Reading], None]) -> None:
        """Draw the choice of framing."""

        def framed(geometry: str) -> None:
            keep(() if geometry == GEOMETRIES[0] else (("geometry", geometry),))

        st.selectbox(
            "Framing",
            GEOMETRIES,
            format_func=_FRAMINGS.__getitem__,
            help=glossary.explain("framing"),
            **bound("framing", dict(chosen).get("geometry", GEOMETRIES[0]), framed),
        )

    # ---- one source and its map

    def stage(
        self, source: OpenedSource, given: Input, explanation: Explanation | None, *, model: str,
        key: str,
    ) -> None:  # fmt: skip
        """Draw the picture with the map over it."""
        stage(opened_picture(source), picture_input(given).box, explanation, key=key)

    def size(self, source: OpenedSource, given: Input) -> str:
        """Return its width and height."""
        shown = opened_picture(source)
        return f"{shown.width} × {shown.height} px"

    def unseen(self, source: OpenedSource, given: Input) -> str:
        """Say what is dimmed, where the model did not see all of it."""
        shown, box = opened_picture(source), picture_input(given).box
        inside = box.left > 0.5 or box.top > 0.5
        if inside or box.right < shown.width - 0.5 or box.bottom < shown.height - 0.5:
            return "Dimmed: what the model did not see."
        return ""

    # ---- several maps

    def shared(self, source: OpenedSource, given: Input, model: str) -> Mapping[str, Any]:
        """Return the picture below all tiles, and what the model saw of it."""
        shown = opened_picture(source)
        return {
            "base": services.base_uri(shown, side=_TILE_SIDE),
            "box": fractions(picture_input(given).box, shown.width, shown.height),
            "ratio": f"{shown.width} / {shown.height}",
        }

    def tile(
        self, source: OpenedSource, given: Input, explanation: Explanation
    ) -> Mapping[str, str | None]:
        """Return the overlay."""
        drawn = services.layer(explanation)
        return {"map": None if drawn.empty else drawn.uri}

    def pair(self, sides: Sequence[Side], *, key: str) -> None:
        """Draw stages that move together."""
        shown = [opened_picture(side.source) for side in sides if side.source is not None]
        pair([_panel(side) for side in sides], shown, key=key, tools=True)

    def difference(
        self, source: OpenedSource, given: Input, a: Explanation, b: Explanation, *, note: str
    ) -> None:
        """Draw the difference over the picture."""
        result, shown = services.comparison(a, b), opened_picture(source)
        drawn = services.difference_layer(a, b)
        if drawn is None or result.box is None:
            return
        scale = legend(drawn, low="right stronger", high="left stronger")
        empty = "No difference: the maps are equal." if drawn.empty else ""
        one = panel(
            "difference", "Left − right", "Difference", note, shown,
            box=result.box, layer=drawn, scale=scale, state=empty,
        )  # fmt: skip
        pair([one], [shown], key="pair/difference", tools=False)

    # ---- Shapley values

    def shares(
        self, request: ShapRequest, result: ShapResult, k: int, *, by_region: bool,
        ranked: Sequence[RegionShare], labelled: int, key: str,
    ) -> None:  # fmt: skip
        """Draw the shares over what the model saw."""
        uri = services.shap_uris(request, result, regions=by_region)[k]
        figure = shap_map(
            result, k, picture=uri, ranked=ranked, labelled=labelled, mode=current_mode()
        )
        chart(figure, key=key, alt=f"Map of SHAP values for {result.targets[k].label}")

    def panels(
        self, request: ShapRequest, result: ShapResult, *, by_region: bool
    ) -> Callable[[], bytes] | None:
        """Return what draws them all."""
        return partial(services.shap_panels, request, result, regions=by_region)

    # ---- attacks

    def broken(self, found: Robustness, examples: Sequence[AdversarialExample]) -> None:
        """Draw each picture three times: as it was, the change, as it is."""
        triptychs([_triptych(found, example) for example in examples])


@cache
def _examples() -> tuple[Example, ...]:
    entries = json.loads((_EXAMPLES / "examples.json").read_text(encoding="utf-8"))
    return tuple(Example(**e, data=(_EXAMPLES / e["file"]).read_bytes()) for e in entries)


def _panel(side: Side) -> Panel:
    explanation = side.explanation
    layer = None if explanation is None else services.layer(explanation)
    scale = None
    if explanation is not None and layer is not None:
        low, high = services.method(explanation.method).signs if layer.signed else ("", "")
        scale = legend(layer, low=low, high=high)
    return panel(
        side.id, side.side, side.title, side.note,
        None if side.source is None else opened_picture(side.source),
        box=None if explanation is None else picture_seen(explanation.seen).box,
        layer=layer, scale=scale, state=side.state,
    )  # fmt: skip


def _triptych(found: Robustness, example: AdversarialExample) -> Triptych:
    shown = services.broken(found, example)
    before, after = found.classes[example.clean], found.classes[example.answer]
    return Triptych(
        pictures=(shown.original, shown.change, shown.adversarial),
        below=(
            (before, "as it was, and right"),
            (f"change × {shown.factor}", f"ε = {format_eps(example.distance, found.norm)}"),
            (after, "what the model says now"),
        ),
        title=example.id,
    )
