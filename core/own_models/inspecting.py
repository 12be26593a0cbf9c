"""A model's file from path to facts: opened, understood, and asked about labelled pictures."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from core.contracts import DatasetRef, ModelCheck, ModelChoices, ModelFacts
from core.data.base import Dataset
from core.data.folder.brought import unpacked
from core.data.registry import open_dataset
from core.errors import InputError
from core.models.labels import ClassNames
from core.models.reading.formats import digest
from core.own_models.doctor import told_by_pictures
from core.own_models.opening import open_model, understood
from core.own_models.understood import Understood

__all__ = ["opened", "told"]

_DECIDED = ("logits", "probabilities", "binary")


@contextmanager
def opened(path: Path, choices: ModelChoices, *, samples: str = "") -> Iterator[Understood]:
    """Open a model's file, and let labelled pictures decide what is left open.

    Parameters
    ----------
    samples : str
        A folder with a folder a class, a zip of one, or a dataset's reference; ``""`` for none.

    Raises
    ------
    InputError
        If the file, a choice or the pictures do not fit.
    """
    with tempfile.TemporaryDirectory(prefix="pellucid-model-") as folder:
        held, sha256 = open_model(path, Path(folder)), digest(path)
        found = understood(held, choices, sha256=sha256)
        if samples:
            with _dataset(samples) as dataset:
                found, settled = _with_samples(found, dataset, choices)
            if settled != choices:
                again = understood(held, settled, sha256=sha256)
                found = replace(again, facts=_told_of(again.facts, found.facts))
        yield found


def told(path: Path, choices: ModelChoices, *, samples: str = "") -> ModelFacts:
    """Return what :func:`opened` finds, keeping nothing."""
    with opened(path, choices, samples=samples) as found:
        return found.facts


@contextmanager
def _dataset(samples: str) -> Iterator[Dataset]:
    """Open labelled pictures: a folder, a zip of one, or a dataset's reference."""
    place = Path(samples).expanduser()
    if place.is_dir():
        yield open_dataset(f"folder:{samples}")
    elif zipfile.is_zipfile(place):
        with unpacked(place) as folder:
            yield open_dataset(DatasetRef("folder", str(folder)))
    else:
        yield open_dataset(samples)


def _with_samples(
    found: Understood, dataset: Dataset, choices: ModelChoices
) -> tuple[Understood, ModelChoices]:
    facts = found.facts
    if facts.kind not in _DECIDED:
        note = (
            f"{facts.name} gives {facts.kind}: classes of pictures do not tell how to prepare them."
        )
        return _noted(found, "samples", False, note), choices
    names, order = _matched(facts, dataset)
    two_of_one = facts.kind == "binary"
    file = next((each for each in facts.checks if each.id == "preprocessing"), None)
    sure = choices.range == "auto" and file is not None and file.ok
    told = told_by_pictures(
        found.said, found.spec.input_shape, dataset, order, two_of_one=two_of_one,
        stated=(choices.range, choices.order),
        by_file=(facts.range, "bgr" if facts.order == "bgr" else "rgb") if sure else None,
    )  # fmt: skip
    rows, best = told.trials, told.trials[0]
    settles = choices.range == "auto" or (choices.order is None and best.order == "bgr")
    doubts = [told.one_class or told.unsure if settles else "", told.better]
    unsure = "; ".join(each for each in doubts if each)
    share = f"{best.accuracy:.0%} ({best.low:.0%} to {best.high:.0%}) of {best.n} labelled pictures"
    note = f"Prepared as {best.range}, {best.order}, {best.geometry} it is right on {share} that "
    note += "this was not chosen on"
    note += f"; not sure: {unsure}." if unsure else _beside(settles)
    note += " The range and order are kept with the model, the geometry is chosen at prediction."
    if told.renamed:
        note += f" But {told.renamed.format(*names)}: are the names in the order of its outputs?"
    settled = choices
    if not facts.named:
        settled = replace(settled, classes=names)
        note += " The folder's classes in alphabetical order name its outputs."
    order_of = None if best.order == "rgb" else best.order
    settled = replace(settled, range=best.range, order=choices.order or order_of)
    noted = _noted(found, "samples", not (unsure or told.renamed), note)
    return replace(noted, facts=replace(noted.facts, preprocessing=rows)), settled


def _beside(settles: bool) -> str:
    """Return what is said of the other ways where nothing speaks against the one that is kept."""
    if settles:
        return ", and on fewer in any other range or order that was left open."
    return "; it was stated, and no other way is clearly better."


def _matched(facts: ModelFacts, dataset: Dataset) -> tuple[tuple[str, ...], list[int]]:
    """Return names of the outputs, and the output of each class of the dataset."""
    if facts.named:
        matched = ClassNames(facts.classes).matching(dataset.classes)
        return facts.classes, [int(i) for i in matched]
    if len(dataset.classes) != len(facts.classes):
        raise InputError(
            f"{facts.name} has {len(facts.classes)} classes, and {dataset.ref.text} "
            f"{len(dataset.classes)}: name the model's (--classes FILE, one a line, in the order "
            "of its outputs)."
        )
    # As keras.utils.image_dataset_from_directory numbers class folders.
    names = tuple(sorted(dataset.classes))
    return names, [names.index(each) for each in dataset.classes]


def _noted(found: Understood, id: str, ok: bool, note: str) -> Understood:
    checks = (*found.facts.checks, ModelCheck(id, ok, note))
    return replace(found, facts=replace(found.facts, checks=checks))


def _told_of(facts: ModelFacts, before: ModelFacts) -> ModelFacts:
    """Return facts with what labelled pictures told."""
    told = tuple(each for each in before.checks if each.id == "samples")
    kept = tuple(each for each in facts.checks if each.id != "preprocessing")
    return replace(facts, checks=(*told, *kept), preprocessing=before.preprocessing)
