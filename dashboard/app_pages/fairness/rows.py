"""Which rows are looked at, and how often the table was: explore one half, confirm on the other."""

from __future__ import annotations

import streamlit as st

from core.contracts import AuditRequest, FairnessReport, FairnessRequest, RowsChoice, RowsTaken
from core.errors import PellucidError
from dashboard import glossary, services
from dashboard.app_pages.fairness import page_choice, visit
from dashboard.app_pages.fairness.page_choice import FairnessChoice
from dashboard.fairness_text import gap_name
from dashboard.formatting import error_text, escape

__all__ = ["choose", "exploratory", "may_look", "remember", "said"]

_ROWS: dict[RowsChoice, str] = {
    "all": "All rows",
    "explore": "Explore one half",
    "confirm": "Confirm on the other",
}
_ASKED, _THERE = "fairness confirmations asked", "fairness gaps there"


def choose(audit: FairnessChoice) -> None:
    """Draw the choice of the rows."""
    st.segmented_control(
        "Rows", list(_ROWS), required=True, format_func=_ROWS.__getitem__,
        help=glossary.explain("halves"),
        **page_choice.bind("fairness rows", "rows", audit.rows),
    )  # fmt: skip


def may_look(request: FairnessRequest, audit: FairnessChoice) -> bool:
    """Whether the answer may be shown: the confirming half is looked at by a click alone.

    Draws what would be confirmed, and the click, while it may not.
    """
    if request.rows != "confirm" or request.key in st.session_state.get(_ASKED, ()):
        return True
    if services.has_looked(request, visit=visit.current()):
        return True
    ahead = services.look_ahead(request, visit=visit.current())
    if ahead.fresh:
        st.info(
            "The other half is fresh: no look on record has seen it. Choose what to confirm, then "
            "look once. The fewer gaps and groups, the surer each answer.",
            icon=":material/lock:",
        )
    else:
        st.warning(escape(ahead.text), icon=":material/lock_open:")
    _gaps(request, audit)
    st.button(
        "Confirm, once" if ahead.fresh else "Look all the same", key="confirm",
        icon=":material/fact_check:", on_click=_ask, args=(request.key,),
    )  # fmt: skip
    return False


def _ask(key: str) -> None:
    st.session_state[_ASKED] = (*st.session_state.get(_ASKED, ()), key)


def remember(report: FairnessReport, request: FairnessRequest) -> None:
    """Remember which gaps this table has: those that may be confirmed."""
    if request.rows != "confirm":
        # Conditional parity follows from the condition, and is tested whenever there is one.
        found = dict.fromkeys(gap.metric for gap in report.gaps if not gap.name.given)
        st.session_state[_THERE] = (_audited(request), tuple(found))


def _audited(request: FairnessRequest) -> str:
    return request.source if request.table is None else request.table.sha256


def _gaps(request: FairnessRequest, audit: FairnessChoice) -> None:
    """Draw the choice of the gaps, once it is known which there are."""
    audited, there = st.session_state.get(_THERE, ("", ()))
    gaps = dict.fromkeys((*(there if audited == _audited(request) else ()), *audit.gaps))
    if not gaps:
        return
    st.multiselect(
        "Gaps to confirm", list(gaps), format_func=gap_name, placeholder="all",
        help=glossary.explain("adjustment"),
        **page_choice.bind("fairness gaps", "gaps", list(audit.gaps)),
    )  # fmt: skip


def said(request: AuditRequest, taken: RowsTaken) -> None:
    """Record that an answer is shown; draw which rows it is about, and which look it is."""
    visit.looked()
    try:
        found = services.look(request, visit=visit.current())
    except PellucidError as error:
        st.error(escape(error_text(error)), icon=":material/error:")
        return
    if taken.text:
        st.info(escape(taken.text), icon=":material/contrast:")
    if found.fresh is None:
        st.markdown(escape(found.text), help=glossary.explain("looks"))
    elif found.fresh:
        st.info(escape(found.text), icon=":material/fact_check:")
    else:
        st.warning(escape(found.text), icon=":material/lock_open:")


def exploratory(taken: RowsTaken) -> str:
    """Return what a verdict's word is followed by."""
    return ", exploratory" if taken.exploratory else ""
