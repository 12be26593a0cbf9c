"""What requests about labelled pictures share: folders, attributes, classes of data and model."""

from __future__ import annotations

from urllib.parse import quote

from core.contracts import ModelRef, Slice, SplitName, count_text
from core.data.base import Dataset, Part
from core.data.registry import DATASETS
from core.errors import InputError, ParameterError, UnknownNameError
from core.fairness.slices.discovery import members
from core.files import spelled_out
from core.modalities.capabilities import require
from core.models import zoo
from core.models.labels import class_names
from core.options.model import ModelOptions

__all__ = ["attribute", "class_map", "DatasetOptions", "reference", "sliced"]

_BY_CLASS = "class"

_FEW = 3


def reference(text: str) -> str:
    """Return a dataset's reference; a plain folder becomes one."""
    known = text.partition("?")[0].partition(":")[0] in DATASETS
    if not known and spelled_out(text).is_dir():
        return f"folder:{quote(str(spelled_out(text)), safe='/~.-_ ')}"
    return text


def attribute(by: str | None, part: Part) -> str:
    """Return the attribute that subgroups are formed by, ``""`` for none.

    Raises
    ------
    UnknownNameError
        If the split has no such attribute.
    """
    if not by or by == _BY_CLASS or by in part.groups:
        return by or ""
    known = ", ".join([_BY_CLASS, *part.groups])
    raise UnknownNameError(f"The {part.name} split has no attribute {by!r}. It has: {known}.")


def sliced(text: str | None, part: Part) -> tuple[str, int]:
    """Return a slice as requests hold it, ``""`` for none, and how many pictures belong to it.

    Raises
    ------
    InputError
        If it is no slice, names an attribute that the split does not have, or is empty.
    """
    if not text:
        return "", len(part)
    chosen = Slice.parse(text)
    if not chosen.conditions:
        raise ParameterError(
            "A slice is attribute=value, several joined by &, such as "
            f"age_band=young&lighting=dim. Received: {text!r}."
        )
    n = len(members(chosen, part.groups))
    if not n:
        raise InputError(f"No picture of the {part.name} split belongs to the slice {chosen.name}.")
    return chosen.text, n


def class_map(opened: Dataset, ref: ModelRef) -> tuple[int, ...]:
    """Return for each class of the dataset its index among the model's, found by name.

    Raises
    ------
    InputError
        If one is not among them, two are the same, or the model has no classes.
    """
    require(f"{opened.ref.text} is labelled with classes and", frozenset({"classes"}),
            zoo.get(ref.id).offer)  # fmt: skip
    names = class_names(ref)
    try:
        return names.matching(opened.classes)
    except UnknownNameError as error:
        raise InputError(
            f"{opened.ref.text} has {count_text(len(opened.classes), 'class')} "
            f"({_few(opened.classes)}), and "
            f"not all of them are among the {len(names.labels)} of {ref.id} "
            f"({_few(names.labels)}): {error} Take a model of these classes, or train one on this "
            "dataset; a model without names of its own takes them from a file (--classes FILE)."
        ) from error


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names[:_FEW]) + (", …" if len(names) > _FEW else "")


class DatasetOptions(ModelOptions, total=False):
    """Of :func:`~core.requests.dataset_request`."""

    split: SplitName
    limit: int | None


class SlicedOptions(DatasetOptions, total=False):
    """Which pictures of a split, and by which attribute they are told apart."""

    by: str | None
    slice: str | None
