"""How often is Pellucid right? The claims that its verdicts make, and what was measured of each."""

from __future__ import annotations

import streamlit as st

from core.contracts import CalibrationTable
from dashboard import claim_text, services
from dashboard import page as frame
from dashboard.formatting import duration, escape
from dashboard.guard import guarded
from dashboard.session_jobs import session_jobs
from dashboard.theme import current_mode
from dashboard.widgets import progress
from dashboard.widgets.claim_table import claim_table

__all__ = ["page"]

_ASKED = "calibration asked"
_COMMAND = "python -m core calibrate"


def page() -> None:
    """Draw the page."""
    with guarded():
        st.title("How often is Pellucid right?", anchor=False)
        st.markdown(
            "Every ✓ and ✗ of these pages is a claim that can be wrong. Here each claim meets data "
            "whose truth is known: tables drawn from known rates, maps that know nothing, models "
            "that hide their gradients. A claim *holds* where the whole 95 % interval of what "
            "was measured lies inside of it, and is *broken* where it lies outside. Where the "
            "interval reaches across, it is *not refuted*: what was measured fits, but does not "
            "show it."
        )
        found = services.calibration_table()
        _told(found)
        _tables(found)
        _repeat(found)


def _told(found: CalibrationTable) -> None:
    text = escape(claim_text.summary(found))
    if found.broken:
        # A finding, not a failure of the page: red words, as verdicts are everywhere.
        st.markdown(
            f":red-background[**✗ {text}**] Until that is mended, do not rely on those verdicts."
        )
    elif any(row.status == "holds" for row in found.rows):
        st.success(f"**✓ {text}**")
    else:
        st.warning(f"**○ {text}**")
    days = sorted({row.measured for row in found.rows if row.measured})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}" if days else "never"
    libraries = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    seconds = sum(row.seconds for row in found.rows)
    st.caption(
        escape(
            f"Measured {when} for this release, on {found.machine}, in {duration(seconds)}, seed "
            f"{found.seed}; {libraries}. With so many claims, about one in forty would be called "
            "broken by chance if all lay exactly at their bound."
        )
    )


def _tables(found: CalibrationTable) -> None:
    for topic, rows in claim_text.ordered(found.rows).items():
        st.subheader(topic, anchor=False)
        claim_table(rows, label=topic, mode=current_mode())


def _repeat(found: CalibrationTable) -> None:
    st.subheader("Measure it yourself", anchor=False)
    st.markdown("The whole table takes about half an hour, and goes on where it was stopped:")
    st.code(f"{_COMMAND} --seed {found.seed}", language="shell")
    st.markdown(
        "A few trials of each claim take a minute or two. They find what is badly wrong, and no "
        "more: their intervals are wide."
    )
    st.button(
        "Measure a few trials now", icon=":material/play_arrow:", on_click=_ask, key="calibrate"
    )
    if st.session_state.get(_ASKED):
        with frame.with_session_jobs():
            _quick()


def _ask() -> None:
    st.session_state[_ASKED] = True
    session_jobs().again(services.quick_calibration().key)


def _quick() -> None:
    answer = session_jobs().ask(services.quick_calibration(), hold=True)
    if isinstance(answer.result, CalibrationTable):
        st.markdown(f"**{escape(claim_text.summary(answer.result))}**")
        for topic, rows in claim_text.ordered(answer.result.rows).items():
            claim_table(rows, label=f"{topic}, a few trials", mode=current_mode())
    else:
        progress.unfinished(
            answer, "A few trials of each claim", place="calibration", ended="The measurement"
        )
    progress.notes(answer)
