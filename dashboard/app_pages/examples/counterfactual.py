"""What would change its mind: few regions without which the model decides otherwise."""

from __future__ import annotations

import streamlit as st

from core.contracts import (
    Counterfactual,
    CounterfactualRequest,
    CounterfactualStep,
    Picture,
    Prediction,
    count_text,
    picture_input,
)
from dashboard import glossary, services
from dashboard.app_pages.examples import page_choice
from dashboard.app_pages.examples.page_choice import COUNTS, KINDS, ExamplesChoice
from dashboard.app_pages.picture import controls as picture_controls
from dashboard.formatting import duration, escape, percent
from dashboard.session_jobs import Answer, session_jobs
from dashboard.state import Choice
from dashboard.widgets import progress
from dashboard.widgets.components import component
from dashboard.widgets.stage import stage_data

__all__ = ["section"]

_KINDS = {"superpixels": "Along edges", "grid": "A square grid"}
_LISTED = 8


def section(shown: Picture, choice: Choice, search: ExamplesChoice) -> None:
    """Ask for the counterfactual and draw it over the picture."""
    st.subheader(
        "What would change its mind", anchor=False, help=glossary.explain("counterfactual")
    )
    st.markdown(
        "The smallest set of regions without which the model decides otherwise. "
        "**What it can't show:** other sets may do the same, and a removed region leaves a patch "
        "that no photograph has."
    )
    asked = services.prediction_request(shown, choice)
    session_jobs().ask(asked, patience=0)
    request = services.counterfactual_request(
        shown,
        choice,
        regions=search.regions,
        count=search.count,
        baseline=search.baseline,
        towards=search.towards,
    )
    answer = session_jobs().ask(request)
    prediction = session_jobs().ask(asked).result
    found = answer.result if isinstance(answer.result, Counterfactual) else None
    left, right = st.columns([1.3, 1], gap="large")
    with right:
        if found is not None:
            _finding(found, search)
        else:
            _without(answer)
        _controls(search, prediction if isinstance(prediction, Prediction) else None)
    with left:
        _stage(shown, request, found, search)


def _without(answer: Answer) -> None:
    progress.unfinished(answer, "Search", place="changed", ended="The search", height=160)


def _removed(found: Counterfactual, search: ExamplesChoice) -> int:
    steps = len(found.steps)
    if search.removed is None:
        return steps if found.flipped else 0
    return min(search.removed, steps)


def _stage(
    shown: Picture,
    request: CounterfactualRequest,
    found: Counterfactual | None,
    search: ExamplesChoice,
) -> None:
    data = stage_data(shown, picture_input(request.input).box, None)
    if found is not None and (n := _removed(found, search)):
        data["map"] = services.counterfactual_uri(request, found, steps=n)
        data["mapAlt"] = f"{count_text(n, 'region')} removed"
    component("stage")(key="changed", data=data)
    st.caption(
        "Outlined: what is removed. At full opacity it looks as the model saw it "
        f"({escape(_empty_text(request.baseline))})."
    )


def _empty_text(baseline: str) -> str:
    return {
        "blur": "blurred beyond recognition",
        "noise": "random pixels",
        "mean": "the picture's mean colour",
    }.get(baseline, baseline)


# ---- what was found


def _finding(found: Counterfactual, search: ExamplesChoice) -> None:
    if found.flipped:
        # One region may hold everything: that is a finding about the model, not a success.
        st.markdown(
            f":material/swap_horiz: **{escape(found.before.label)}** "
            f"{percent(found.before.probability)} → **{escape(found.after.label)}** "
            f"{percent(found.after.probability)}"
        )
    else:
        st.markdown(
            f":material/lock: **{escape(found.before.label)}** stays, whatever was removed."
        )
    st.markdown(escape(found.words))
    _slider(found, search)
    n = _removed(found, search)
    lines = [_line(i + 1, step, found, now=i + 1 == n) for i, step in enumerate(found.steps)]
    st.markdown("\n".join(lines[:_LISTED]))
    if len(lines) > _LISTED:
        with st.expander(f"{len(lines) - _LISTED} more steps", key="changed/more"):
            st.markdown("\n".join(lines[_LISTED:]))
    cost = "from the store" if found.cached else duration(found.seconds)
    st.caption(
        f"{count_text(found.passes, 'forward pass')} over {count_text(found.n_regions, 'region')}, "
        f"{escape(cost)} on {escape(found.device)}."
    )
    with st.expander("The command that repeats it", icon=":material/terminal:"):
        st.code(found.command, language="bash", wrap_lines=True)


def _slider(found: Counterfactual, search: ExamplesChoice) -> None:
    st.slider(
        "Regions removed",
        0,
        len(found.steps),
        **page_choice.bind("changed/removed", "removed", _removed(found, search)),
    )


def _line(i: int, step: CounterfactualStep, found: Counterfactual, *, now: bool) -> str:
    held = step.decision.index == found.before.index
    verdict = (
        "· same decision"
        if held
        else f"✓ **{escape(step.decision.label)}** {percent(step.decision.probability)}"
    )
    words = (
        f"region of {percent(step.share)} of the picture gone: {escape(found.before.label)} "
        f"{percent(step.probability)} {verdict}"
    )
    return f"{i}. {words}" + (" ◂" if now else "")


# ---- how


def _controls(search: ExamplesChoice, prediction: Prediction | None) -> None:
    changed = sum(
        getattr(search, name) != getattr(ExamplesChoice(), name)
        for name in ("regions", "count", "baseline", "towards")
    )
    label = "How it is searched" + (f" ({changed} changed)" if changed else "")
    with st.expander(label, icon=":material/tune:", key="changed/controls"):
        _select("Regions", "regions", KINDS, search.regions, _KINDS)
        _number(search)
        _select("A removed pixel becomes", "baseline", services.baselines(), search.baseline, {})
        if prediction is not None:
            _towards(search, prediction)


def _select(
    label: str, part: str, options: tuple[str, ...], value: str, names: dict[str, str]
) -> None:
    st.selectbox(
        label, options, format_func=lambda option: names.get(option, option),
        **page_choice.bind(f"changed/{part}", part, value, removed=None),
    )  # fmt: skip


def _number(search: ExamplesChoice) -> None:
    st.number_input(
        "About how many regions",
        *COUNTS,
        **page_choice.bind("changed/count", "count", search.count, removed=None),
    )


def _towards(search: ExamplesChoice, prediction: Prediction) -> None:
    names = services.class_names(prediction.model)
    others = picture_controls.likely_classes(prediction)[1:]
    st.selectbox(
        "Turn the decision to",
        [None, *(others if search.towards in (None, *others) else [search.towards, *others])],
        format_func=lambda index: "any other class" if index is None else names[index],
        **page_choice.bind("changed/towards", "towards", search.towards, removed=None),
    )
