"""The section Curves: ask, wait with the curve so far, and draw what was found."""

from __future__ import annotations

import streamlit as st

from core.contracts import Robustness
from dashboard import services
from dashboard.app_pages import (
    robustness_checks,
    robustness_exports,
    robustness_gallery,
    robustness_options,
    robustness_result,
    robustness_running,
)
from dashboard.app_pages.robustness_source import Subject
from dashboard.desk import desk
from dashboard.robustness_choice import Trial
from dashboard.widgets import progress

__all__ = ["curves_section"]


def curves_section(trial: Trial, subject: Subject) -> None:
    """Draw the section."""
    if weak := robustness_options.without_gradients(subject.model):
        st.warning(weak, icon=":material/key_off:")
    robustness_options.draw(trial, subject)
    options = {
        **subject.options(),
        "attacks": trial.attacks or None,
        "norm": trial.norm,
        "eps": trial.eps,
        "checks": trial.checks,
    }
    request = services.robustness_request(subject.data, options)
    desk().supersede("curves", request.key)
    answer = desk().ask(request, hold=True)
    if isinstance(answer.result, Robustness):
        _finished(services.public_robustness(answer.result))
    elif answer.state == "waiting":
        robustness_running.under_way(request, robustness_result.draw)
    else:
        robustness_running.ended(request, answer, robustness_result.draw)
    progress.notes(answer)


def _finished(found: Robustness) -> None:
    robustness_result.draw(found)
    robustness_checks.draw(found)
    robustness_result.groups(found)
    robustness_gallery.draw(found)
    robustness_result.limits()
    robustness_exports.draw(found)
