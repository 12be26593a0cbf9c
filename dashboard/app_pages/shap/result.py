"""The results of the SHAP page: the waterfall, the maps, what they can and cannot show."""

from __future__ import annotations

import math
from functools import partial

import streamlit as st

from core.contracts import ShapRequest, ShapResult
from dashboard import glossary, services
from dashboard.app_pages.inspect.result import file_stem
from dashboard.app_pages.shap import page_choice
from dashboard.app_pages.shap.page_choice import Colouring, ShapChoice
from dashboard.figures.waterfall import signed, steps, waterfall
from dashboard.formatting import duration, escape, number, percent, said_of
from dashboard.theme import current_mode
from dashboard.views import registry as views
from dashboard.widgets.chart import chart
from dashboard.widgets.download import download

__all__ = ["HEIGHT", "about", "maps_panel", "take_along", "waterfall_panel"]

HEIGHT = 460
_REGIONS = 10
_A_ROW = 3
_TOLERATED = 0.05
"""Additivity errors above this share of the whole way are a warning."""
_NOISE = 1e-9
_EXACT = 1e-3
_OPEN = """\
import numpy as np, shap
kept = np.load({file})
e = shap.Explanation(kept["values"], kept["base_values"], kept["data"],
                     output_names=kept["output_names"])
shap.image_plot(e)"""
_LEGEND = (
    '<div style="display:flex;gap:.75rem;align-items:center;flex-wrap:wrap;font-size:.875rem">'
    "<span>− against {low}</span>"
    '<span role="img" aria-label="Colour scale from {low} to {high}" style="flex:0 1 15rem;'
    "min-width:6rem;height:.6rem;border-radius:.3rem;background:linear-gradient(90deg,{blue},"
    'transparent,{red})"></span><span>{high} for +</span>'
    '<span style="opacity:.75">SHAP’s blue and red, one scale for all classes: share of a {site} '
    "in the logit</span></div>"
)


# ---- the waterfall


def waterfall_panel(request: ShapRequest, result: ShapResult, shown: ShapChoice) -> None:
    """Draw the way from base value to prediction for one class."""
    k, kind = _subject(result, shown), escape(services.kind_of(result.model).source)
    target = result.targets[k]
    base, output = float(result.base_values[k]), float(result.outputs[k])
    probability = percent(float(result.probabilities[k]))
    st.subheader(f"{escape(target.label)}: {probability}", anchor=False,
                 help=glossary.explain("probability"))  # fmt: skip
    _class_switch(result, k)
    st.markdown(
        f"The score (logit) starts at **{number(base)}** with nothing of this {kind} seen "
        f"({escape(result.background)}), and this {kind} takes it to **{number(output)}**. The "
        f"difference of **{signed(output - base)}** is shared out over its regions; their numbers "
        "stand on the maps below."
    )
    if not result.values[k].any():
        st.info(
            f"No region has a share: this {kind} and the one with everything hidden score the "
            "same. Choose another masker under Parameters.",
            icon=":material/info:",
        )
    ranked = services.shap_regions(result, k)
    names = views.of_model(result.model).region_names(request, result, ranked)
    rows = steps(
        result, k, ranked, most=_REGIONS, source=services.kind_of(result.model).source, names=names
    )
    words = "; ".join(f"{row.name} {row.words}" for row in rows)
    chart(
        waterfall(rows, colours=services.shap_colours(), mode=current_mode()),
        key="waterfall",
        alt=f"Waterfall for {target.label}: {words}",
    )
    _additivity(result, k)


def _subject(result: ShapResult, shown: ShapChoice) -> int:
    indices = [target.index for target in result.targets]
    return indices.index(shown.subject) if shown.subject in indices else 0


def _class_switch(result: ShapResult, k: int) -> None:
    if len(result.targets) < 2:
        return
    labels = {target.index: target.label for target in result.targets}
    st.segmented_control(
        "Class of the waterfall",
        list(labels),
        format_func=lambda index: escape(labels[index]),
        required=True,
        label_visibility="collapsed",
        **page_choice.bind("subject", "subject", result.targets[k].index),
    )


def _rounded(error: float) -> str:
    """Return an error without the noise of the last binary digit."""
    return "0" if error < _NOISE else number(error)


def _additivity(result: ShapResult, k: int) -> None:
    error, relative = float(result.additivity_errors[k]), float(result.relative_errors[k])
    if error <= _EXACT:
        words = f"✓ The shares add up: additivity error {_rounded(error)} logit."
    elif math.isnan(relative):
        words = (
            f"△ Additivity error {number(error)} logit. The score is the base value, so there is "
            "no difference for it to be a share of: the shares only estimate 0."
        )
    else:
        mark = "✓" if relative <= _TOLERATED else "△"
        words = (
            f"{mark} Additivity error {number(error)} logit, {percent(relative)} of the "
            f"difference: the shares only estimate it."
        )
        if relative > _TOLERATED:
            words += " More points (Parameters) or a larger background bring it down."
    st.caption(words, help=glossary.explain("additivity error"))


# ---- the maps


def maps_panel(request: ShapRequest, result: ShapResult, shown: ShapChoice) -> None:
    """Draw one map a class, on one scale."""
    kind = services.kind_of(result.model)
    st.subheader(f"Where in the {escape(kind.source)}", anchor=False)
    names: dict[Colouring, str] = {"pixels": f"{kind.site.capitalize()}s", "regions": "Regions"}
    st.segmented_control(
        "Colour",
        list(names),
        format_func=names.__getitem__,
        required=True,
        label_visibility="collapsed",
        **page_choice.bind("colouring", "colouring", shown.colouring),
    )
    regions = shown.colouring == "regions"
    for row in range(0, len(result.targets), _A_ROW):
        columns = st.columns(_A_ROW, gap="medium")
        for k, column in zip(range(row, len(result.targets)), columns):
            with column:
                _map(request, result, k, _subject(result, shown), regions=regions)
    end = services.shap_end(result, regions=regions)
    blue, red = services.shap_colours()
    st.html(
        _LEGEND.format(
            low=number(-end), high=number(end), blue=blue, red=red, site=escape(kind.site)
        )
    )


def _map(
    request: ShapRequest, result: ShapResult, k: int, subject: int, *, regions: bool
) -> None:  # fmt: skip
    """Draw one class's map; regions are called by their numbers in the waterfall's class."""
    target = result.targets[k]
    st.markdown(f"**{escape(target.label)}** · {percent(float(result.probabilities[k]))}")
    views.of_model(result.model).shares(
        request, result, k, by_region=regions, ranked=services.shap_regions(result, subject),
        labelled=_REGIONS, key=f"map/{k}",
    )  # fmt: skip
    st.caption(
        f"logit {number(float(result.base_values[k]))} → {number(float(result.outputs[k]))} · "
        f"additivity error {_rounded(float(result.additivity_errors[k]))}"
    )


def about(result: ShapResult) -> None:
    """Say what the maps show and cannot show, and how they were made."""
    card = services.explainers()[result.explainer]
    limits = said_of(card.limits, services.kind_of(result.model))
    st.markdown(
        "A red region raises the score of its class, a blue one lowers it; point at a region for "
        f"its share. **What it can't show:** {escape(limits)} A share says what the model "
        "reacts to, not whether it is right to."
    )
    spent = [f"{result.evaluations} evaluations"]
    if result.gradient_passes:
        spent.append(f"{result.gradient_passes} gradients")
    parts = [
        card.name,
        f"base value: {result.background}",
        " and ".join(spent),
        "scale ends at the 99.9th percentile of |share| over all classes shown",
        f"seed {result.seed}",
        f"{duration(result.seconds)} on {result.device}",
    ]
    st.caption(" · ".join(escape(part) for part in parts))


def take_along(request: ShapRequest, result: ShapResult, shown: ShapChoice) -> None:
    """Offer the result to take along, with the command that repeats it."""
    menu = st.popover(
        "Download", icon=":material/download:", key="shap download", on_change="rerun"
    )
    if not menu.open:
        return
    regions = shown.colouring == "regions"
    name = f"{file_stem(result.seen.name)}.shap.{result.explainer}"
    panels = views.of_model(result.model).panels(request, result, by_region=regions)
    with menu:
        for ending, label, make in (
            *((("png", "Maps side by side", panels),) if panels is not None else ()),
            ("npz", "All values", partial(services.shap_npz, result)),
            ("json", "All but the values", partial(services.shap_json, result)),
            ("explanation.npz", "For shap's own plots",
             partial(services.shap_explanation_npz, request, result)),
        ):  # fmt: skip
            kind = ending.rpartition(".")[2]
            download(
                f"{label} ({kind})",
                make,
                f"{name}.{ending}",
                key=f"shap download/{ending}",
            )
        st.caption("The last file in a notebook:")
        st.code(_OPEN.format(file=repr(f"{name}.explanation.npz")), language="python")
        st.caption("This command computes the same values again:")
        st.code(result.command, language="bash", wrap_lines=True)
