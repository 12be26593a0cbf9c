"""The section Certificates: what is proven, how far, and how that stands beside the attacks."""

from __future__ import annotations

import streamlit as st

from core.contracts import Certified, CertifierCard, CertifyRequest
from core.errors import PellucidError
from dashboard import glossary, services
from dashboard.app_pages.robustness import (
    certificate_options,
    certificate_picture,
    certificate_result,
)
from dashboard.app_pages.robustness.page_choice import RobustnessChoice
from dashboard.app_pages.robustness.source import AttackedData
from dashboard.guard import guarded
from dashboard.session_jobs import session_jobs
from dashboard.widgets import progress
from dashboard.widgets.progress import Pending

__all__ = ["certificates_section"]

_LOOK_SECONDS = 2.0


def certificates_section(trial: RobustnessChoice, attacked: AttackedData) -> None:
    """Draw the section."""
    st.subheader("What can be proven", anchor=False, help=glossary.explain("certificate"))
    st.markdown(
        "Attacks show what breaks; a certificate proves what cannot: within its radius no change "
        "whatever alters the answer, whoever looks for one."
    )
    card, parameters = certificate_options.draw(trial, attacked)
    request = services.certify_request(
        attacked.data,
        {
            **attacked.options(),
            "limit": min(attacked.n, trial.certified),
            "method": card.id,
            "parameters": parameters,
        },
    )
    session_jobs().supersede("certificates", request.key)
    answer = session_jobs().ask(request, hold=True)
    if isinstance(answer.result, Certified):
        found = services.public(answer.result)
        certificate_result.draw(found, card, attacked)
        certificate_picture.draw(trial, attacked, card, parameters)
        certificate_result.limits(card)
        certificate_result.take_along(found)
    elif answer.state == "waiting":
        progress.waiting([Pending(request.key, card.name)], place="certificates")
        st.caption(
            "It goes on while you look at other pages, and a reload finds it again. Cancel keeps "
            "every picture that is done."
        )
        st.fragment(_growing, run_every=_LOOK_SECONDS, key="certificates so far")(
            request, card, attacked
        )
    else:
        progress.ended_badly(answer, card.name)
        _kept(request, card, attacked)
    progress.notes(answer)


def _growing(request: CertifyRequest, card: CertifierCard, attacked: AttackedData) -> None:
    """Draw what is done; of a run that goes on, again and again."""
    with guarded():
        found = services.certified_so_far(request)
        if found is None:
            st.skeleton(height=420)
        else:
            certificate_result.draw(found, card, attacked)


def _kept(request: CertifyRequest, card: CertifierCard, attacked: AttackedData) -> None:
    try:
        found = services.certified_so_far(request)
    except PellucidError:  # the dataset has changed meanwhile: nothing of it is shown
        return
    if found is not None:
        certificate_result.draw(found, card, attacked)
