"""The view of a modality that has none of its own: lines for one axis of sites, else its drawings.

It asks nothing but what every modality offers: its inputs as arrays, and ``draw``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.contracts import (
    AdversarialExample,
    Explanation,
    Input,
    OpenedSource,
    Parameter,
    RegionShare,
    Robustness,
    ShapRequest,
    ShapResult,
)
from dashboard import services
from dashboard.figures.line_map import changed_line, line_map, line_svg, spoken
from dashboard.formatting import escape, number
from dashboard.robustness_text import format_eps
from dashboard.theme import current_mode
from dashboard.views.base import Reading, Side, View
from dashboard.widgets.chart import chart
from dashboard.widgets.parameters import parameter_widgets

__all__ = ["GeneralView"]

_SHARES_HEIGHT = 300
_A_ROW = 3
_RAMP = (
    '<div style="display:flex;gap:.75rem;align-items:center;flex-wrap:wrap;font-size:.875rem">'
    '<span>{low}</span><span role="img" aria-label="Colour scale from {low} to {high}" '
    'style="flex:0 1 12rem;min-width:6rem;height:.6rem;border-radius:.3rem;'
    'background:linear-gradient(90deg,{colours})"></span><span>{high}</span></div>'
)


@dataclass(frozen=True, slots=True)
class _Card:
    """What :func:`parameter_widgets` draws."""

    id: str
    parameters: tuple[Parameter, ...]


class GeneralView(View):
    """Any modality."""

    id = ""

    # ---- choosing a source, and reading it

    def thumbnail(self, source: OpenedSource, model: str) -> str:
        """Return a line, or what the modality draws."""
        given = services.input_of(source, model)
        if given is not None and _on_a_line(given):
            return line_svg(given.tensor())
        return services.drawn_uri(source, None, model)

    def reading(self, chosen: Reading, keep: Callable[[Reading], None]) -> None:
        """Draw a widget for each parameter."""
        card = _Card(self.card.id, self.card.reading)
        parameter_widgets(card, dict(chosen), held=lambda: chosen, keep=keep)

    # ---- one source and its map

    def stage(
        self, source: OpenedSource, given: Input, explanation: Explanation | None, *, model: str,
        key: str,
    ) -> None:  # fmt: skip
        """Draw the values as lines over the map as bars, or what the modality draws."""
        if not _on_a_line(given):
            st.image(services.drawn(source, explanation, model=model), width="stretch")
            return
        values, site = given.tensor(), self.card.site
        layer = None if explanation is None else services.layer(explanation)
        shown = layer is not None and not layer.empty
        shares = explanation.map if explanation is not None and shown else None
        figure = line_map(
            values, shares, limits=(0.0, 1.0) if layer is None else layer.limits,
            stops=services.stops(signed=layer is not None and layer.signed), site=site,
            names=services.site_names(given), mode=current_mode(),
        )  # fmt: skip
        alt = f"The {self.card.source} {source.name}: {spoken(values, shares, site=site)}"
        chart(figure, key=f"line/{key}", alt=alt)
        if explanation is not None and layer is not None and shown:
            low, high = services.method(explanation.method).signs if layer.signed else ("", "")
            _scale(layer, low=low, high=high)

    def size(self, source: OpenedSource, given: Input) -> str:
        """Return how large the input is."""
        *sites, channels = given.tensor().shape
        size = " × ".join(map(str, sites)) + f" {self.card.site}s"
        return f"{size}, {channels} channels" if channels > 1 else size

    # ---- several maps

    def tile(
        self, source: OpenedSource, given: Input, explanation: Explanation
    ) -> Mapping[str, str | None]:
        """Return the line with its bars, or what the modality draws."""
        if not _on_a_line(given):
            return {"image": services.drawn_uri(source, explanation, explanation.model)}
        stops = services.stops(signed=services.layer(explanation).signed)
        return {"image": line_svg(given.tensor(), explanation.map, stops=stops)}

    def pair(self, sides: Sequence[Side], *, key: str) -> None:
        """Draw the stages in columns."""
        for column, side in zip(st.columns(len(sides), gap="medium"), sides, strict=True):
            with column:
                st.markdown(f"**{escape(side.side)}** {escape(side.title)}")
                if side.source is not None and side.given is not None:
                    self.stage(
                        side.source, side.given, side.explanation, model=side.model,
                        key=f"{key}/{side.id}",
                    )  # fmt: skip
                st.caption(escape(" · ".join(filter(None, (side.state, side.note)))))

    def difference(
        self, source: OpenedSource, given: Input, a: Explanation, b: Explanation, *, note: str
    ) -> None:
        """Draw the difference as bars; in words alone where sites have more than one axis."""
        shares = services.comparison(a, b).difference
        if shares is None or not _on_a_line(given):
            st.caption(f"The difference of two maps of a {escape(self.card.source)} is not drawn.")
            return
        most = float(np.abs(shares).max())
        site, stops = self.card.site, services.stops(signed=True)
        figure = line_map(
            given.tensor(), shares, limits=(-most, most), stops=stops, site=site,
            names=services.site_names(given), mode=current_mode(),
        )  # fmt: skip
        alt = f"Left − right: {spoken(given.tensor(), shares, site=site)}"
        chart(figure, key="line/difference", alt=alt)
        st.caption(escape(note))

    # ---- Shapley values

    def shares(
        self, request: ShapRequest, result: ShapResult, k: int, *, by_region: bool,
        ranked: Sequence[RegionShare], labelled: int, key: str,
    ) -> None:  # fmt: skip
        """Draw the shares as bars below the line, or regions as a list."""
        given, site = request.input, self.card.site
        shares = result.region_values[k][result.segments] if by_region else result.values[k]
        if not _on_a_line(given):
            st.markdown(
                "\n".join(f"{one.number}. {number(one.value)}" for one in ranked[:labelled])
            )
            return
        end = services.shap_end(result, regions=by_region)
        blue, red = services.shap_colours()
        figure = line_map(
            given.tensor(), shares, limits=(-end, end), site=site, mode=current_mode(),
            stops=((0.0, blue), (0.5, "#b9b9b9"), (1.0, red)), names=services.site_names(given),
            marks=[(one.x, str(one.number)) for one in ranked[:labelled]], height=_SHARES_HEIGHT,
        )  # fmt: skip
        target = result.targets[k].label
        alt = f"SHAP values for {target}: {spoken(given.tensor(), shares, site=site)}"
        chart(figure, key=key, alt=alt)

    def region_names(
        self, request: ShapRequest, result: ShapResult, ranked: Sequence[RegionShare]
    ) -> Mapping[int, str]:
        """Return the stretch of sites that each region is, by its ends."""
        if not _on_a_line(request.input):
            return {}
        names = services.site_names(request.input)
        return {one.region: f"{one.number}: {_stretch(result, one, self.card.site, names)}"
                for one in ranked}  # fmt: skip

    # ---- attacks

    def broken(self, found: Robustness, examples: Sequence[AdversarialExample]) -> None:
        """Draw each line before and after the attack, or what changed in words."""
        for row in range(0, len(examples), _A_ROW):
            columns = st.columns(_A_ROW, gap="medium")
            for column, example in zip(columns, examples[row : row + _A_ROW]):
                with column:
                    self._broken(found, example)

    def _broken(self, found: Robustness, example: AdversarialExample) -> None:
        before, after = found.classes[example.clean], found.classes[example.answer]
        at = f"ε = {format_eps(example.distance, found.norm)}"
        st.markdown(f"**{escape(before)} → {escape(after)}** · {escape(at)}")
        if example.adversarial.ndim == 2:
            figure = changed_line(
                example.original, example.adversarial, site=self.card.site, mode=current_mode()
            )
            key = f"broken/{example.attack}/{example.index}"
            chart(figure, key=key, alt=f"{example.id}: {before} before the attack, {after} after")
        st.caption(escape(example.id))


def _on_a_line(given: Input) -> bool:
    """Return whether the sites have one axis."""
    return given.tensor().ndim == 2


def _stretch(result: ShapResult, one: RegionShare, site: str, names: Sequence[str]) -> str:
    """Return the first and the last site of a region, by name where they have one."""
    sites = np.flatnonzero(result.segments == one.region)
    first, last = int(sites[0]), int(sites[-1])
    if names:
        return names[first] if first == last else f"{names[first]} … {names[last]}"
    return f"{site} {first}" if first == last else f"{site}s {first}–{last}"


def _scale(layer: services.Layer, *, low: str, high: str) -> None:
    """Draw the colour scale, with words at its ends where they are needed."""
    bottom, top = (number(value) for value in layer.limits)
    colours = ",".join(colour for _, colour in services.stops(signed=layer.signed))
    ends = f"{low} {bottom}".strip(), f"{top} {high}".strip()
    st.html(_RAMP.format(low=escape(ends[0]), high=escape(ends[1]), colours=colours))
