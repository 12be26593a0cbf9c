"""What a view is: everything that pages draw of a source, of a map over it, and of its files.

A page asks the view of its model's modality and never which modality that is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from core.contracts import (
    AdversarialExample,
    Explanation,
    Input,
    ModalityCard,
    OpenedSource,
    RegionShare,
    Robustness,
    ShapRequest,
    ShapResult,
    Value,
)

__all__ = ["Example", "Reading", "Side", "View"]

Reading = tuple[tuple[str, Value], ...]
"""How a source becomes an input: what differs from the defaults."""


@dataclass(frozen=True, slots=True)
class Example:
    """A source that comes along.

    Parameters
    ----------
    id, title, file : str
        What addresses, the strip and the file system call it.
    credit : str
        Author and licence.
    data : bytes
        The file.
    """

    id: str
    title: str
    file: str
    credit: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Side:
    """One of two maps side by side.

    Parameters
    ----------
    id, side, title : str
        ``"left"``, ``"Left"``, and what it shows.
    model : str
    note : str
        The line under the map.
    source : OpenedSource, optional
        ``None`` where it is gone.
    given : Input, optional
        What the model is shown of it.
    explanation : Explanation, optional
    state : str
        What stands in for a map: that it is on its way, or why there is none.
    """

    id: str
    side: str
    title: str
    model: str
    note: str
    source: OpenedSource | None
    given: Input | None
    explanation: Explanation | None
    state: str


class View(ABC):
    """How one modality is shown.

    Parameters
    ----------
    card : ModalityCard
        Of the modality: what its sources and sites are called.

    Attributes
    ----------
    id : str
        The modality's.
    serves : frozenset of str
        Parts of pages that draw over its sources: ``"mask"`` (an object is marked), ``"film"`` (a
        map is followed while its source is changed), ``"examples"``, ``"concepts"``. A page says
        where one is missing.
    by : str
        What stands before the author of an example.
    about_broken : str
        How :meth:`broken` draws a change.
    about_file : str
        What the drawing of a source is good for, for whoever takes it along.
    names : mapping of str to str
        What addresses call choices of reading, where it isn't their own name behind ``read.``.
    """

    id: ClassVar[str]
    serves: ClassVar[frozenset[str]] = frozenset()
    by: ClassVar[str] = "By"
    about_broken: ClassVar[str] = "Dotted: as it was. In colour: what the model was shown."
    about_file: ClassVar[str] = "What is shown here, as a picture."
    names: ClassVar[Mapping[str, str]] = {}

    def __init__(self, card: ModalityCard) -> None:
        self.card = card

    def address_name(self, parameter: str) -> str:
        """Return what addresses call a choice of reading."""
        return self.names.get(parameter, f"read.{parameter}")

    @property
    def types(self) -> list[str]:
        """Endings of the files that it takes, without the dot."""
        return [suffix.removeprefix(".") for suffix in self.card.suffixes]

    @property
    def controls(self) -> Sequence[str]:
        """Kinds of maps that know nothing of a model, for a sentence."""
        return tuple(self.card.families.values())

    # ---- choosing a source

    @abstractmethod
    def thumbnail(self, source: OpenedSource, model: str) -> str:
        """Return the source small, as a data URI."""

    def examples(self) -> tuple[Example, ...]:
        """Return the sources that come along; none where datasets must do."""
        return ()

    def has_depth(self, source: OpenedSource) -> bool:
        """Return whether the file left open how many bits its samples have."""
        del source
        return False

    # ---- reading it

    @abstractmethod
    def reading(self, chosen: Reading, keep: Callable[[Reading], None]) -> None:
        """Draw what may be chosen when a source becomes an input.

        Parameters
        ----------
        chosen : tuple of (name, value)
            What differs from the defaults of the modality's ``reading``.
        keep : callable
            Receives the same when something else was chosen.
        """

    # ---- one source and its map

    @abstractmethod
    def stage(
        self, source: OpenedSource, given: Input, explanation: Explanation | None, *, model: str,
        key: str,
    ) -> None:  # fmt: skip
        """Draw the source, with a map over it where there is one."""

    @abstractmethod
    def size(self, source: OpenedSource, given: Input) -> str:
        """Return how large the source is."""

    def unseen(self, source: OpenedSource, given: Input) -> str:
        """Return how the stage shows what the model did not see; nothing where it saw all."""
        del source, given
        return ""

    # ---- several maps

    def shared(self, source: OpenedSource, given: Input, model: str) -> Mapping[str, Any]:
        """Return what the tiles of a grid share: what stands where there is no map yet."""
        return {"base": self.thumbnail(source, model)}

    @abstractmethod
    def tile(
        self, source: OpenedSource, given: Input, explanation: Explanation
    ) -> Mapping[str, str | None]:
        """Return the fields of a tile that shows a map: ``map`` or ``image``, a data URI."""

    @abstractmethod
    def pair(self, sides: Sequence[Side], *, key: str) -> None:
        """Draw maps side by side."""

    @abstractmethod
    def difference(
        self, source: OpenedSource, given: Input, a: Explanation, b: Explanation, *, note: str
    ) -> None:
        """Draw map a − map b, with a line that says in which unit."""

    # ---- Shapley values

    @abstractmethod
    def shares(
        self, request: ShapRequest, result: ShapResult, k: int, *, by_region: bool,
        ranked: Sequence[RegionShare], labelled: int, key: str,
    ) -> None:  # fmt: skip
        """Draw the shares of the ``k``-th class; the first ``labelled`` regions by their number."""

    def region_names(
        self, request: ShapRequest, result: ShapResult, ranked: Sequence[RegionShare]
    ) -> Mapping[int, str]:
        """Return what regions are called, by their number in ``segments``; nothing by default."""
        del request, result, ranked
        return {}

    def panels(
        self, request: ShapRequest, result: ShapResult, *, by_region: bool
    ) -> Callable[[], bytes] | None:
        """Return what makes a PNG of all classes side by side; ``None`` where nothing does."""
        del request, result, by_region
        return None

    # ---- attacks

    @abstractmethod
    def broken(self, found: Robustness, examples: Sequence[AdversarialExample]) -> None:
        """Draw sources that an attack broke: as they were, the change, and as they are."""
