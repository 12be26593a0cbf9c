"""One picture's certificate: its class and radius, or that nothing is said."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.contracts import CertifierCard, PictureCertificate, Value
from core.errors import PellucidError
from dashboard import services
from dashboard.app_pages.robustness import attacked_picture, certificate_text
from dashboard.app_pages.robustness.page_choice import RobustnessChoice
from dashboard.app_pages.robustness.source import AttackedData
from dashboard.formatting import error_text, escape, number, percent
from dashboard.session_jobs import session_jobs
from dashboard.widgets import progress

__all__ = ["draw"]


def draw(
    trial: RobustnessChoice, attacked: AttackedData, card: CertifierCard,
    parameters: Mapping[str, Value],
) -> None:  # fmt: skip
    """Draw the choice of a picture and its certificate."""
    kind = services.kind_of(attacked.model).source
    st.subheader(f"One {escape(kind)}", anchor=False)
    picture = attacked_picture.chosen(trial, attacked)
    if picture is None:
        return
    try:
        request = services.certify_picture_request(
            picture, model=attacked.model, method=card.id, parameters=parameters, seed=attacked.seed
        )
    except PellucidError as error:
        st.error(escape(error_text(error)), icon=":material/error:")
        return
    answer = session_jobs().ask(request)
    if isinstance(answer.result, PictureCertificate):
        _certificate(answer.result, card, _true(trial, attacked))
    else:
        progress.unfinished(
            answer, f"{card.name}, one picture", place="certificate", ended=card.name, height=80
        )
    progress.notes(answer)


def _true(trial: RobustnessChoice, attacked: AttackedData) -> str:
    """Return the true class of a picture of the split; ``""`` of an uploaded one."""
    if trial.upload:
        return ""
    known = 0 <= trial.picture < len(attacked.data)
    index = trial.picture if known else int(attacked.order[0])
    return attacked.data.classes[int(attacked.data.labels[index])]


def _certificate(found: PictureCertificate, card: CertifierCard, true: str) -> None:
    answer = None if found.answer is None else found.answer.label
    words = certificate_text.picture_text(answer, found.radius, card, true=true)
    st.markdown(f"**{escape(words)}**")
    facts = [
        f"The model itself says {found.predicted.label} ({percent(found.predicted.probability)})"
    ]
    if "hits" in found.facts:
        facts.append(
            f"{found.facts['hits']:.0f} of {found.facts['n']:.0f} noisy copies were given the "
            f"class: a share of at least {number(100 * found.facts['p_low'])} %, and more than "
            "half is needed"
        )
    st.caption(escape(" · ".join(facts)))
    with st.expander("Repeat it on the command line", icon=":material/terminal:"):
        st.code(found.command, language="bash", wrap_lines=True)
