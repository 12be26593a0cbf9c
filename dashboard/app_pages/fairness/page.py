"""Fairness: which gaps between groups are real, of a model on its dataset or of a table."""

from __future__ import annotations

import streamlit as st

from core.contracts import FairnessReport, FairnessRequest, TableSource
from dashboard import page as frame
from dashboard import services, slice_choice
from dashboard.app_pages.fairness import mitigation, page_choice, rows, slices, source, visit
from dashboard.app_pages.fairness import options as options_part
from dashboard.app_pages.fairness import report as report_part
from dashboard.app_pages.fairness.page_choice import FairnessChoice
from dashboard.app_pages.models import actions as models_actions
from dashboard.formatting import escape
from dashboard.guard import guarded
from dashboard.session_jobs import session_jobs
from dashboard.widgets import progress
from dashboard.widgets.progress import Pending

__all__ = ["page"]

_NAME = "fairness problems"


def page() -> None:
    """Draw the page."""
    audit = page_choice.current()
    if audit is None:
        query = frame.address()
        audit, problems = page_choice.read(query)
        visit.arrive(query)
        frame.first_view(_NAME, audit, problems + slice_choice.arrive(query))
        page_choice.begin(audit)
    with guarded():
        models_actions.leave()
        st.title("Fairness", anchor=False)
        st.markdown(
            "Does the model fail some people more than others, and is the difference real or "
            "chance? Every rate is counted, every gap comes with its interval, and where the data "
            "are too few, that is what the page says."
        )
        frame.say_problems(_NAME, audit)
        with frame.with_session_jobs():
            _audit(audit)
    frame.publish(page_choice.now().to_query(), slice_choice.to_query(), visit.to_query())


def _audit(audit: FairnessChoice) -> None:
    audited = source.choose(audit)
    if audited is None:
        return
    model, table = audited.model, audited.table
    options_part.draw(audit, audited)
    if audited.problem:
        st.info(escape(audited.problem), icon=":material/arrow_upward:")
        return
    options = audited.options | audit.confirmed()
    request = services.fairness_request(options, table=table, model=model)
    if not rows.may_look(request, audit):
        slices.confirm(audited)
        mitigation.confirm(audited)
        return
    session_jobs().supersede("fairness", request.key)
    answer = session_jobs().ask(request, hold=True)
    if isinstance(answer.result, FairnessReport):
        report = services.public_report(answer.result, table=table, model=model)
        place = st.container()
        report_part.draw(report, audit, audited)
        rows.remember(report, request)
        with place:  # last, so that it counts the looks that were taken below
            rows.said(request, report.taken)
    elif answer.state == "waiting":
        _wait(request, table, audited.model)
    else:
        progress.ended_badly(answer, "The audit")
    progress.notes(answer)


def _wait(request: FairnessRequest, table: TableSource | None, model: str) -> None:
    progress.waiting([Pending(request.key, "Audit")], place="fairness")
    if table is None:
        kind = escape(services.kind_of(model).source)
        what = f"The model answers about every test {kind} first; then rates and gaps are counted."
    else:
        what = "Rows are counted, then gaps are tested."
    st.caption(f"{what} It goes on while you look at other pages, and a reload finds it again.")
