"""The surest wrong answers as pictures; a click opens one in Inspect with this model."""

from __future__ import annotations

from functools import partial
from typing import Literal

import streamlit as st

from core.contracts import DatasetPredictions, Run
from core.errors import InputError
from dashboard import glossary, services, uploads
from dashboard.app_pages import models_actions
from dashboard.dataset_pictures import dataset_picture_id
from dashboard.desk import desk
from dashboard.run_words import attribute_words, group_words
from dashboard.services import Mistake
from dashboard.widgets import progress
from dashboard.widgets.progress import Pending
from dashboard.widgets.tiles import Tile, tiles
from dashboard.words import error_words, escape, percent

__all__ = ["panel"]

_SHOWN = 12
_FILES: dict[Literal["csv", "parquet"], str] = {
    "csv": "text/csv", "parquet": "application/vnd.apache.parquet",
}  # fmt: skip


def panel(run: Run) -> None:
    """Draw the worst mistakes, or how far the answers are."""
    st.subheader("Its surest mistakes", anchor=False, help=glossary.explain("mistake"))
    try:
        request = services.predictions_request(run)
    except InputError as error:
        st.caption(escape(error_words(error)))
        return
    answer = desk().ask(request)
    if isinstance(answer.result, DatasetPredictions):
        _pictures(run, answer.result)
    elif answer.state == "waiting":
        progress.waiting([Pending(answer.key, "Test pictures")], place="mistakes")
    else:
        progress.ended_badly(answer, "Looking for mistakes")


def _pictures(run: Run, predictions: DatasetPredictions) -> None:
    worst = services.worst_mistakes(predictions, _SHOWN)
    if not worst:
        st.markdown("It made no mistake on the test pictures.")
    else:
        tiles(
            [_tile(run, predictions, mistake) for mistake in worst],
            key="mistakes",
            kind="mosaic",
            label="The surest wrong answers: click one to open it in Inspect",
            on_pick=lambda id: models_actions.inspect_later(run, int(id)),
        )
        st.caption(
            f"The {len(worst)} wrong answers that the model was surest of. Click one to see in "
            "Inspect what it looked at."
        )
    _take_along(run, predictions)


def _tile(run: Run, predictions: DatasetPredictions, mistake: Mistake) -> Tile:
    item = uploads.find(dataset_picture_id(run.dataset, "test", mistake.index))
    true, said = predictions.classes[mistake.label], predictions.classes[mistake.prediction]
    groups = [
        f"{attribute_words(name)} {group_words(values[mistake.index])}"
        for name, values in predictions.groups.items()
    ]
    return Tile(
        str(mistake.index),
        f"{true} → {said}",
        caption=f"{percent(mistake.probability)} sure",
        hint=f"{mistake.id}: truly {true}, taken for {said}. {', '.join(groups)}".strip(),
        image=None if item is None else item.thumbnail,
    )


def _take_along(run: Run, predictions: DatasetPredictions) -> None:
    with st.container(horizontal=True, key="run downloads"):
        for kind, mime in _FILES.items():
            st.download_button(
                f"Predictions ({kind})",
                partial(services.predictions_file, predictions, kind),
                file_name=f"{run.model}.predictions.{kind}",
                mime=mime,
                key=f"download/predictions/{kind}",
                icon=":material/download:",
                on_click="ignore",
                type="tertiary",
            )
