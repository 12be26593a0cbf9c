"""What every dataset is: named splits of sources with labels, and perhaps groups and masks.

Nothing here, and no dataset of the registry, loads TensorFlow when it is imported or opened:
pages show pictures of datasets too.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from core.contracts import Array, DatasetCard, DatasetRef, OpenedSource, SplitName, count_text
from core.declared import card_of
from core.errors import InputError
from core.parameters import Parameter, Value

__all__ = ["Dataset", "DatasetKind", "Labels", "Part", "broken_text", "left_out"]

Labels = npt.NDArray[np.int64]


class Part(ABC):
    """One split: n sources of one modality, read or drawn when they are asked for.

    Parameters
    ----------
    name : {"train", "validation", "test"}
    ids : sequence of str
        A name for each source, unique in the split and the same whenever the data is.
    labels : ndarray of int64, shape (n,)
        Index of each source's class.
    groups : mapping
        For each attribute the value of each source, n strings.
    has_masks : bool
        Whether it knows where the object is.
    """

    def __init__(
        self,
        name: SplitName,
        *,
        ids: Sequence[str],
        labels: Labels,
        groups: Mapping[str, Sequence[str]] | None = None,
        has_masks: bool = False,
    ) -> None:
        self.name: SplitName = name
        self.ids = tuple(ids)
        self.labels = np.asarray(labels, np.int64)
        self.groups = {key: tuple(values) for key, values in (groups or {}).items()}
        self.has_masks = has_masks

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {count_text(len(self), 'picture')})"

    @abstractmethod
    def source(self, index: int) -> OpenedSource:
        """Return one source, as :meth:`core.modalities.base.Modality.to_input` takes it.

        Raises
        ------
        InputError
            If it cannot be read.
        """

    @abstractmethod
    def inputs(self, indices: Sequence[int], shape: tuple[int, ...]) -> Array:
        """Return inputs as a model takes them: float32 ``(len(indices), *shape)``.

        May be called from several threads.
        """

    @abstractmethod
    def shown(self, index: int, shape: tuple[int, ...]) -> npt.NDArray[np.generic]:
        """Return one input as results keep it for showing, ``shape``."""

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.ids)}

    def find(self, id: str) -> int:
        """Return the index of the picture called ``id``.

        Raises
        ------
        InputError
            If there is none.
        """
        if id not in self._index:
            raise InputError(f"There is no picture {id!r} in the {self.name} split.")
        return self._index[id]


@dataclass(frozen=True)
class Dataset:
    """A dataset as it was opened.

    Parameters
    ----------
    ref : DatasetRef
    classes : tuple of str
        Class names by index; a stranger's text.
    parts : mapping
        The splits that there are; those that are carved have a ``"test"`` at least.
    fingerprint : str
        SHA-256 of everything that the pictures, labels, groups and splits depend on.
    size : int
        Side of its pictures in pixels where all are square and alike, else 0.
    unreadable : tuple of str
        One sentence for each file that was left out because the caller asked for that.
    notes : tuple of str
        How labels and attributes were read, in sentences.
    """

    ref: DatasetRef
    classes: tuple[str, ...]
    parts: Mapping[SplitName, Part]
    fingerprint: str
    size: int = 0
    unreadable: tuple[str, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())

    def part(self, name: SplitName) -> Part:
        """Return a split.

        Raises
        ------
        InputError
            If the dataset has no such split.
        """
        if name not in self.parts:
            raise InputError(
                f"{self.ref.text} has no split {name!r}. It has: {', '.join(self.parts)}."
            )
        return self.parts[name]


class DatasetKind(ABC):
    """A kind of dataset: its declaration, and one verb, ``open``. One file and a line each.

    Attributes
    ----------
    source : str
        What must stand behind the colon, in words ("a folder"); ``""`` if nothing may.
    optional_source : bool
        Whether it may be left out.
    placeholder : str
        The word that stands for it in usage lines.
    modality : str
        Kind of its sources.
    """

    id: ClassVar[str]
    name: ClassVar[str]
    summary: ClassVar[str]
    limits: ClassVar[str]
    licence: ClassVar[str] = ""
    source: ClassVar[str] = ""
    optional_source: ClassVar[bool] = False
    placeholder: ClassVar[str] = "PATH"
    modality: ClassVar[str] = "picture"
    masks: ClassVar[bool] = False
    groups: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    @abstractmethod
    def open(self, ref: DatasetRef, parameters: Mapping[str, Value]) -> Dataset:
        """Return the dataset; pictures are not decoded yet.

        Parameters
        ----------
        ref : DatasetRef
            Checked: the source is there where one is needed.
        parameters : mapping
            A checked value for every declared parameter.

        Raises
        ------
        InputError
            If the source is missing, an empty class or a broken file is among it, …
        """

    def stamp(self, ref: DatasetRef) -> str:
        """Return what changes when the source on disk does: another stamp is opened anew."""
        del ref
        return ""

    @classmethod
    def usage(cls) -> str:
        """Return how one is named: ``portraits``, ``folder:PATH``, ``cifar10[:PATH]``."""
        if not cls.source:
            return cls.id
        source = f":{cls.placeholder}"
        return f"{cls.id}[{source}]" if cls.optional_source else f"{cls.id}{source}"

    @classmethod
    def needs(cls) -> str:
        """Return the command that installs what is missing; empty where nothing is."""
        return ""

    @classmethod
    def card(cls) -> DatasetCard:
        """Return what users see."""
        return card_of(cls, DatasetCard, usage=cls.usage(), needs=cls.needs())


def broken_text(problems: Sequence[str], n: int, kind: str) -> str:
    """Return what is said of files that cannot be read, where none may be left out."""
    return (
        f"{count_text(len(problems), 'file')} of the {count_text(n, 'picture')} cannot be read. "
        f"{' '.join(problems[:3])} Mend "
        f"or remove them, or leave them out by the dataset's name: {kind}:PATH?skip_broken=true "
        "(&skip_broken=true where it has a question mark already)."
    )


def left_out(problems: Collection[str], n: int) -> tuple[str, ...]:
    """Return what results say of files that were left out; nothing where none was."""
    if not problems:
        return ()
    were = "was" if len(problems) == 1 else "were"
    pictures = count_text(n, "picture")
    return (f"{len(problems)} of {pictures} cannot be read and {were} left out.",)
