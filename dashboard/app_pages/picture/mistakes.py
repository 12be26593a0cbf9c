"""A model's surest wrong answers as pictures; a click picks one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.contracts import DatasetPredictions, Run, attribute_name, group_name
from dashboard import uploads
from dashboard.dataset_pictures import dataset_picture_id
from dashboard.formatting import percent
from dashboard.services import Mistake
from dashboard.widgets.tiles import Tile, tiles

__all__ = ["mistake_tiles"]


def mistake_tiles(
    run: Run, predictions: DatasetPredictions, worst: Sequence[Mistake], *, key: str,
    on_pick: Callable[[int], None],
) -> None:  # fmt: skip
    """Draw them; ``on_pick`` is called with the number of the test picture that is clicked."""
    tiles(
        [_tile(run, predictions, mistake) for mistake in worst],
        key=key,
        kind="mosaic",
        label="The surest wrong answers: click one to open it in Inspect",
        on_pick=lambda id: on_pick(int(id)),
    )
    st.caption(
        f"The {len(worst)} wrong answers that the model was surest of. Click one to see in "
        "Inspect what it looked at."
        if len(worst) > 1
        else "The only wrong answer. Click it to see in Inspect what the model looked at."
    )


def _tile(run: Run, predictions: DatasetPredictions, mistake: Mistake) -> Tile:
    item = uploads.find(dataset_picture_id(run.dataset, "test", mistake.index))
    true, said = predictions.classes[mistake.label], predictions.classes[mistake.prediction]
    groups = [
        f"{attribute_name(name)} {group_name(values[mistake.index])}"
        for name, values in predictions.groups.items()
    ]
    return Tile(
        str(mistake.index),
        f"{true} → {said}",
        caption=f"{percent(mistake.probability)} sure",
        hint=f"{mistake.id}: truly {true}, taken for {said}. {', '.join(groups)}".strip(),
        image=None if item is None else item.thumbnail,
    )
