"""The surest wrong answers as pictures; a click opens one in Inspect with this model."""

from __future__ import annotations

from functools import partial
from typing import Literal

import streamlit as st

from core.contracts import DatasetPredictions, Run
from core.errors import InputError
from dashboard import glossary, services
from dashboard.app_pages.models import actions
from dashboard.app_pages.picture.mistakes import mistake_tiles
from dashboard.formatting import error_text, escape
from dashboard.session_jobs import session_jobs
from dashboard.widgets import progress
from dashboard.widgets.download import download

__all__ = ["panel"]

_SHOWN = 12
_FILES: tuple[Literal["csv", "parquet"], ...] = ("csv", "parquet")


def panel(run: Run) -> None:
    """Draw the worst mistakes, or how far the answers are."""
    st.subheader("Its surest mistakes", anchor=False, help=glossary.explain("mistake"))
    try:
        request = services.predictions_request(run)
    except InputError as error:
        st.caption(escape(error_text(error)))
        return
    answer = session_jobs().ask(request)
    if isinstance(answer.result, DatasetPredictions):
        _pictures(run, answer.result)
    else:
        progress.unfinished(answer, "Test pictures", place="mistakes", ended="Looking for mistakes")


def _pictures(run: Run, predictions: DatasetPredictions) -> None:
    worst = services.worst_mistakes(predictions, _SHOWN)
    if not worst:
        st.markdown("It made no mistake on the test pictures.")
    else:
        pick = partial(actions.inspect_later, run)
        mistake_tiles(run, predictions, worst, key="mistakes", on_pick=pick)
    _take_along(run, predictions)


def _take_along(run: Run, predictions: DatasetPredictions) -> None:
    with st.container(horizontal=True, key="run downloads"):
        for kind in _FILES:
            download(
                f"Predictions ({kind})",
                partial(services.predictions_file, predictions, kind),
                f"{run.model}.predictions.{kind}",
                key=f"download/predictions/{kind}",
            )
