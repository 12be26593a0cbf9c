"""Which pictures of a model's dataset the strip holds: a dozen at a time, narrowed where asked."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.contracts import DatasetPredictions, Slice
from core.errors import PellucidError
from dashboard import dataset_pictures, services, slice_choice, uploads
from dashboard.dataset_pictures import Facts, Place
from dashboard.services import ShownSplit
from dashboard.session import SessionChoice
from dashboard.state import Choice

__all__ = [
    "SHOWN", "PictureSelection", "answers", "bind", "change", "current", "shown_dozen", "narrowed",
    "matching"
]  # fmt: skip

SHOWN = 12


@dataclass(frozen=True)
class PictureSelection:
    """What narrows the pictures, and which dozen of them is in the strip.

    Parameters
    ----------
    dataset : str
        Reference of the dataset that the rest speaks of.
    start : int
        Number of the first picture among those that are left.
    picture : str
        Id of the picture that was chosen when ``start`` was set.
    label : int or None
        Only this true class.
    by, value : str
        Only this value of this attribute; ``""`` for all.
    wrong : bool
        Only those that the model takes for another class.
    slice : str
        Text of the session's slice when ``start`` was set.
    """

    dataset: str = ""
    start: int = 0
    picture: str = ""
    label: int | None = None
    by: str = ""
    value: str = ""
    wrong: bool = False
    slice: str = ""


_selection = SessionChoice("shelf", PictureSelection)
change, bind = _selection.change, _selection.bind


def current(split: ShownSplit, choice: Choice) -> PictureSelection:
    """Return the session's selection, moved to where the chosen picture is if it has just come."""
    held = _selection.now()
    if held.dataset != split.dataset:
        held = PictureSelection(split.dataset)
    text = slice_choice.current().text
    if held.slice != text:
        held = replace(held, slice=text, start=0, picture="")
    if held.picture != choice.picture:
        held = replace(held, picture=choice.picture, start=_place_of(choice, split, held))
    return _selection.begin(held)


def _place_of(choice: Choice, split: ShownSplit, selection: PictureSelection) -> int:
    place = dataset_pictures.place(choice.picture)
    if place is None or place.dataset != split.dataset or place.split != split.name:
        return selection.start
    found = np.flatnonzero(narrowed(split, selection, answers(choice)) == place.index)
    return int(found[0]) // SHOWN * SHOWN if len(found) else selection.start


def answers(choice: Choice) -> DatasetPredictions | None:
    """Return what the model says about all pictures of its dataset, if this server has seen it."""
    run, data = services.run(choice.model), dataset_pictures.data_of(choice.model)
    if run is None or data is None:
        return None
    try:
        request = services.predictions_request(run)
    except PellucidError:  # the pictures are shown all the same; who asks for mistakes is told
        return None
    found = services.kept(request.key)
    if not isinstance(found, DatasetPredictions) or found.fingerprint != data.fingerprint:
        return None
    return found


def narrowed(
    split: ShownSplit, selection: PictureSelection, said: DatasetPredictions | None
) -> npt.NDArray[np.int64]:
    """Return the indices of the pictures that are left, in the order in which they are shown."""
    left = np.zeros(len(split), np.bool_)
    left[slice_choice.within(split, Slice.parse(selection.slice)).indices] = True
    if selection.label is not None:
        left &= split.labels == selection.label
    if selection.by in split.groups and selection.value:
        left &= np.asarray(split.groups[selection.by], object) == selection.value
    if selection.wrong and said is not None:
        left &= said.probabilities.argmax(axis=1) != split.labels
    return split.order[left[split.order]]


def shown_dozen(
    split: ShownSplit, indices: npt.NDArray[np.int64], selection: PictureSelection
) -> list[uploads.Item]:
    """Return the pictures in the strip; those whose file cannot be read are left out."""
    found = []
    for index in indices[selection.start : selection.start + SHOWN]:
        try:
            found.append(
                uploads.of_dataset(Facts(Place(split.dataset, split.name, int(index)), split))
            )
        except PellucidError:
            continue
    return found


def matching(choice: Choice) -> list[uploads.Item]:
    """Return every source that the strip holds: uploads, then the model's own or the examples."""
    split = dataset_pictures.data_of(choice.model)
    given = list(reversed(uploads.uploaded(choice.model).values()))
    if split is None:
        return [*given, *uploads.examples(choice.model).values()]
    selection = current(split, choice)
    return [*given, *shown_dozen(split, narrowed(split, selection, answers(choice)), selection)]
