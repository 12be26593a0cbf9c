"""The section Curves: ask, wait with the curve so far, and draw what was found."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.contracts import Robustness
from dashboard import services
from dashboard.app_pages.robustness import adversarial_examples, checks, exports, result, running
from dashboard.app_pages.robustness import options as options_part
from dashboard.app_pages.robustness.page_choice import RobustnessChoice
from dashboard.app_pages.robustness.source import AttackedData
from dashboard.formatting import duration
from dashboard.session_jobs import session_jobs
from dashboard.widgets import progress

__all__ = ["curves_section"]


def curves_section(trial: RobustnessChoice, attacked: AttackedData) -> None:
    """Draw the section."""
    if weak := options_part.without_gradients(attacked.model):
        st.warning(weak, icon=":material/key_off:")
    options_part.draw(trial, attacked)
    options = {
        **attacked.options(),
        "attacks": trial.attacks or None,
        "norm": trial.norm,
        "eps": trial.eps,
        "checks": trial.checks,
        "target": options_part.target_of(trial, attacked.model) or None,
    }
    request = services.robustness_request(attacked.data, options)
    session_jobs().supersede("curves", request.key)
    answer = session_jobs().ask(request, hold=True)
    if isinstance(answer.result, Robustness):
        _finished(services.public(answer.result))
    elif answer.state == "waiting":
        running.under_way(request, result.draw)
    else:
        running.ended(request, answer, result.draw)
    progress.notes(answer)


def _finished(found: Robustness) -> None:
    result.draw(found)
    checks.draw(found)
    result.groups(found)
    adversarial_examples.draw(found)
    result.limits()
    exports.take_along(
        "robustness",
        {"csv": "Curves (csv)", "json": "Curves, gaps and checks (json)"},
        partial(services.robustness_file, found),
        command=found.command,
        facts=f"{duration(found.seconds)} on {found.device} · seed {found.seed}",
    )
