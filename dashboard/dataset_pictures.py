"""Pictures of datasets: what the address calls one, and which one an address means.

An id is made of unreserved characters only, so that it survives every link:
``portraits~bias-0.9~test~17``. It tells nothing of where the data lie, and it is looked up among
the datasets that this server shows: a visitor can't name another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from core.contracts import SplitName
from dashboard import services

__all__ = ["LONGEST_ID", "Place", "dataset_picture_id", "place"]

LONGEST_ID = 160
"""Characters of the longest id of a picture that an address may hold."""
_SPLITS: tuple[SplitName, ...] = get_args(SplitName)
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture is: the reference of a dataset, a split, and an index in it."""

    dataset: str
    split: SplitName
    index: int

    @property
    def id(self) -> str:
        """What addresses call the picture."""
        return dataset_picture_id(self.dataset, self.split, self.index)


def dataset_picture_id(dataset: str, split: str, index: int) -> str:
    """Return what addresses call a picture of a dataset.

    Parameters
    ----------
    dataset : str
        Its reference, as :attr:`core.contracts.ModelCard.trained_on` has it.
    split : str
        ``"train"``, ``"validation"`` or ``"test"``.
    index : int
        Number of the picture in the split, from 0.

    Examples
    --------
    >>> dataset_picture_id("portraits?bias=0.9", "test", 17)
    'portraits~bias-0.9~test~17'
    """
    return f"{services.dataset_key(dataset)}~{split}~{index}"


def place(id: str) -> Place | None:
    """Return where the picture of an id is; ``None`` if no dataset that is shown has it.

    Parameters
    ----------
    id : str
        From an address: a stranger's text.
    """
    parts = id.rsplit("~", 2)
    if len(id) > LONGEST_ID or len(parts) != 3:
        return None
    key, wanted, number = parts
    text = services.shown_datasets().get(key)
    split = next((name for name in _SPLITS if name == wanted), None)
    if text is None or split is None or not _is_index(number):
        return None
    return Place(text, split, int(number))


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _DIGITS
