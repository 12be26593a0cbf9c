"""The sanity check of Inspect: a matter of model × method, computed once, in the background."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.contracts import Check, Sanity
from core.errors import CapabilityError
from dashboard import services
from dashboard.figures.cascade import cascade
from dashboard.formatting import error_text, escape, percent, time_left
from dashboard.guard import guarded
from dashboard.session_jobs import Answer, session_jobs
from dashboard.state import Choice
from dashboard.theme import current_mode
from dashboard.widgets import verdicts
from dashboard.widgets.chart import chart

__all__ = ["SanityState", "chip", "details", "sanity_state"]

_POLL_SECONDS = 2.0
_THOROUGH = "thorough sanity"


@dataclass(frozen=True, slots=True)
class SanityState:
    """What is known of a method's sanity on a model: a result, or why there is none yet."""

    answer: Answer | None
    reason: str = ""

    @property
    def result(self) -> Sanity | None:
        """The result, once it is there."""
        held = None if self.answer is None else self.answer.result
        return held if isinstance(held, Sanity) else None

    def check(self) -> Check:
        """Return the verdict in the form of the card's other checks."""
        result = self.result
        if result is None:
            return Check("sanity", "unknown", None, None, self._words(), "")
        return Check(
            "sanity", result.verdict, None, result.threshold, result.words, result.protocol
        )

    def _words(self) -> str:
        if self.answer is None:
            return self.reason
        if self.answer.state == "failed":
            return str(self.answer.error)
        if self.answer.state == "stopped":
            return "It was stopped."
        return "Being checked in the background, once for this model and method."


def sanity_state(choice: Choice, *, later: bool) -> SanityState:
    """Ask for the check and return how far it is; nothing waits for it.

    With ``later`` it is not begun, but shown if it is known.
    """
    thorough = _wish(choice) in st.session_state.get(_THOROUGH, set())
    try:
        request = services.sanity_request(choice, thorough=thorough)
    except CapabilityError as error:
        return SanityState(None, error_text(error))
    if later and services.kept(request.key) is None:
        return SanityState(None, "It waits for the metrics that you chose.")
    return SanityState(session_jobs().ask(request, patience=0))


def _wish(choice: Choice) -> tuple[object, ...]:
    return choice.model, choice.method, choice.parameters, choice.layer


def chip(held: SanityState) -> None:
    """Draw the verdict; while there is none, how far it is."""
    if held.answer is not None and held.answer.state == "waiting":
        st.fragment(_running, run_every=_POLL_SECONDS, key="waiting/sanity")(held.answer.key)
    else:
        verdicts.chip(held.check())


def _running(key: str) -> None:
    with guarded():
        answer = session_jobs().look(key)
        if answer is None or answer.state != "waiting":
            st.rerun()
        words = [SanityState(answer).check().words, answer.message, time_left(answer.seconds_left)]
        done = f" {percent(answer.fraction)}" if answer.fraction else ""
        verdicts.chip(
            Check("sanity", "unknown", None, None, " ".join(w for w in words if w), ""),
            label=f"sanity: checking{done}",
        )


def details(choice: Choice, held: SanityState) -> None:
    """Draw the cascade with its threshold, and offer the whole one where it was spared."""
    st.markdown(verdicts.details(held.check()))
    result = held.result
    if result is None:
        return
    if result.stages:
        chart(cascade(result, mode=current_mode()), key="cascade", alt=_alt(result))
        st.caption(
            "From left to right ever more layers get random weights, the last one first. A map "
            "that stays the same (line near 1) does not depend on what the model has learned."
        )
    elif result.verdict == "unknown":
        st.button(
            "Check it in full (takes minutes)",
            key="thorough",
            icon=":material/rule:",
            on_click=lambda: st.session_state.setdefault(_THOROUGH, set()).add(_wish(choice)),
        )


def _alt(result: Sanity) -> str:
    ranks = ", ".join(f"{escape(stage.layer)} {stage.spearman:.2f}" for stage in result.stages)
    return f"Rank correlation with the intact model's map as layers are randomised: {ranks}"
