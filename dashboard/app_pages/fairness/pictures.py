"""Mistakes as pictures: of a group, or of a slice; a click opens one in Inspect with the model."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.contracts import (
    TIMES,
    DatasetPredictions,
    Run,
    attribute_name,
    count_text,
    group_name,
    groups_in_order,
)
from core.errors import PellucidError
from dashboard import glossary, services
from dashboard.app_pages.fairness.source import AuditedData
from dashboard.app_pages.models import actions as models_actions
from dashboard.app_pages.picture.mistakes import mistake_tiles
from dashboard.formatting import error_text, escape
from dashboard.session_jobs import session_jobs
from dashboard.widgets import progress

__all__ = ["mistakes", "of_slice"]

_SHOWN = 12


def mistakes(audited: AuditedData, by: str) -> None:
    """Draw the surest mistakes of one group of an attribute."""
    st.subheader("Its mistakes, group by group", anchor=False, help=glossary.explain("mistake"))
    found = _asked(audited)
    if found is None:
        return
    run, predictions = found
    attribute = by.split(TIMES)[0]
    values = predictions.groups.get(attribute)
    if values is None:
        st.caption("The pictures do not come with this attribute.")
        return
    wrong = predictions.probabilities.argmax(axis=1) != predictions.labels
    column = np.asarray(values, object)
    column[~_seen(audited, predictions)] = None
    names = groups_in_order({name for name in column.tolist() if name is not None})
    counts = {name: (int((wrong & (column == name)).sum()), int((column == name).sum()))
              for name in names}  # fmt: skip
    worst = max(names, key=lambda name: counts[name][0] / counts[name][1])
    group = st.pills(
        escape(attribute_name(attribute).capitalize()), names, default=worst, required=True,
        key=f"fairness mistakes/{attribute}",
        format_func=lambda name: escape(
            f"{group_name(name)} · {counts[name][0]} of {counts[name][1]} wrong"
        ),
    )  # fmt: skip
    _pictures(run, predictions, np.flatnonzero(column == (group or worst)), key="group mistakes")


def of_slice(audited: AuditedData, text: str) -> None:
    """Draw the surest mistakes within a slice."""
    found = _asked(audited)
    if found is None:
        return
    run, predictions = found
    try:
        among = services.slice_members(text, predictions.groups)
    except PellucidError as error:
        st.error(escape(error_text(error)), icon=":material/error:")
        return
    seen = _seen(audited, predictions)
    among = among[seen[among]]
    if not len(among):
        st.markdown(
            f"None of its {count_text(int(seen.sum()), 'test picture')} belongs to this slice."
        )
        return
    wrong = predictions.probabilities.argmax(axis=1) != predictions.labels
    st.markdown(
        f"{int(wrong[among].sum())} of {count_text(len(among), 'picture')} are classified wrong."
    )
    _pictures(run, predictions, among, key="slice mistakes")


def _seen(audited: AuditedData, predictions: DatasetPredictions) -> npt.NDArray[np.bool_]:
    """Return which pictures may be shown: of the half that is looked at, no other."""
    return services.rows_taken(audited.options["rows"], len(predictions.labels))


def _asked(audited: AuditedData) -> tuple[Run, DatasetPredictions] | None:
    """Return what the model says about its test pictures, or draw how far that is."""
    run = services.run(audited.model)
    if run is None:
        return None
    try:
        request = services.predictions_request(run)
    except PellucidError as error:
        st.caption(escape(error_text(error)))
        return None
    answer = session_jobs().ask(request)
    if isinstance(answer.result, DatasetPredictions):
        return run, answer.result
    progress.unfinished(
        answer, "Its answers", place="fairness pictures", ended="Looking for mistakes"
    )
    return None


def _pictures(
    run: Run, predictions: DatasetPredictions, among: npt.NDArray[np.int64], *, key: str
) -> None:
    worst = services.worst_of(predictions, among, _SHOWN)
    if not worst:
        st.caption("It made no mistake here.")
        return
    pick = partial(models_actions.inspect_later, run)
    mistake_tiles(run, predictions, worst, key=key, on_pick=pick)
