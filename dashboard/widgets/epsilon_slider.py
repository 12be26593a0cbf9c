"""One picture under growing ε: a slider that moves picture, prediction, map and evidence at once.

Every step is sent to the browser; dragging asks neither the page nor the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.contracts import ExplanationDrift, ExplanationStep
from dashboard import glossary, services
from dashboard.formatting import number, percent
from dashboard.robustness_text import eps_tick, format_eps
from dashboard.services import EpsilonFrames
from dashboard.widgets.components import component

__all__ = ["epsilon_data", "epsilon_slider"]

_FACTS: tuple[tuple[str, str, str], ...] = (
    ("Rank correlation", "spearman", "rank correlation"),
    ("Strongest tenth shared", "overlap", "strongest tenth shared"),
    ("Structural similarity", "ssim", "structural similarity"),
    ("Deletion (lower: faithful)", "deletion", "deletion"),
    ("Insertion (higher: faithful)", "insertion", "insertion"),
)
"""What is said of the map at every ε: name, field, term of the glossary."""


def epsilon_slider(
    result: ExplanationDrift, *, step: int, on_step: Callable[[int], None], key: str
) -> None:
    """Draw the slider and everything that it moves.

    Parameters
    ----------
    step : int
        Where it stands at first.
    on_step : callable
        Receives the step at which the slider was let go.
    """

    def settled() -> None:
        chosen = st.session_state[key].get("step")
        if isinstance(chosen, int) and 0 <= chosen < len(result.steps):
            on_step(chosen)

    data = epsilon_data(result, services.epsilon_frames(result), step=step)
    component("epsilon")(key=key, data=data, on_step_change=settled)


def epsilon_data(result: ExplanationDrift, film: EpsilonFrames, *, step: int) -> dict[str, Any]:
    """Return what the browser needs for all steps; texts are shown as text, never as markup."""
    return {
        "id": result.key,
        "step": min(max(step, 0), len(result.steps) - 1),
        "words": result.words,
        "predicted": result.predicted.label,
        "flip": result.flip,
        "side": film.side,
        "frames": film.frames,
        "changes": film.changes,
        "maps": film.maps,
        "stops": services.stops(signed=result.signed),
        "facts": [{"name": name, "hint": glossary.explain(term)} for name, _, term in _FACTS],
        "steps": [_step(result, film, i) for i in range(len(result.steps))],
    }


def _step(result: ExplanationDrift, film: EpsilonFrames, i: int) -> dict[str, Any]:
    step = result.steps[i]
    low, high = film.limits[i]
    return {
        "eps": format_eps(step.eps, result.norm),
        "tick": eps_tick(step.eps, result.norm),
        "says": f"{step.top[0].label} {percent(step.top[0].probability)}",
        "turned": step.top[0].index != result.predicted.index,
        "factor": _factor(film.factors[i], step),
        "low": number(low),
        "high": number(high),
        "probability": step.predicted_probability,
        "likeness": step.spearman,
        "facts": [_fact(getattr(step, field)) for _, field, _ in _FACTS],
        "top": [
            {
                "label": score.label,
                "share": score.probability,
                "words": percent(score.probability),
                "predicted": score.index == result.predicted.index,
            }
            for score in step.top
        ],
    }


def _factor(factor: float, step: ExplanationStep) -> str:
    if step.distance == 0:
        return "nothing yet"
    return f"magnified {factor:.0f} times, grey is no change" if factor > 1 else "not magnified"


def _fact(value: float | None) -> str:
    return "not defined" if value is None else number(round(value, 3))
