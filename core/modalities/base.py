"""What every kind of input is: how parts of it are hidden, cut into units, and told apart.

An input of any modality is an array ``(*sites, C)``: a picture's sites are its pixels, a signal's
its samples. Methods, metrics and attacks compute over sites and ask the modality for the rest.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from core.contracts import Array, Box, Explanation, Input, ModalityCard, OpenedSource
from core.declared import card_of
from core.lookup import lookup
from core.parameters import Parameter, Value, resolve

__all__ = ["Aligned", "Control", "Labels", "Masker", "Modality", "Preset"]

Labels = npt.NDArray[np.int32]
"""Shape ``(*sites,)``: the unit of each site, 0 … n − 1, every number in use."""

Masker = Callable[[npt.NDArray[np.bool_]], Array]
"""From what is visible, bool ``(n, *sites)``, to inputs ``(n, *sites, C)``."""


@dataclass(frozen=True, slots=True)
class Control:
    """A map that knows nothing of the model: what a map has to beat.

    Parameters
    ----------
    id, family : str
        ``family`` is a key of :attr:`Modality.families`.
    draw : callable
        Input ``(*sites, C)`` and a seed → map ``(*sites,)``.
    """

    id: str
    family: str
    draw: Callable[[Array, int], Array]


@dataclass(frozen=True, slots=True)
class Preset:
    """A protocol of deletion and insertion: how many steps, and what stands for what is missing.

    Parameters
    ----------
    id, summary : str
    steps : int or None
        Number of equal steps; ``None`` for ``sites_per_step``.
    deletion, insertion : str
        Names of :meth:`Modality.removed`.
    sites_per_step : int
        Sites changed at each step where ``steps`` is ``None``.
    """

    id: str
    summary: str
    steps: int | None
    deletion: str
    insertion: str
    sites_per_step: int = 224

    def n_steps(self, n_sites: int) -> int:
        """Return the number of steps for a map of ``n_sites``."""
        return self.steps or -(-n_sites // self.sites_per_step)


@dataclass(frozen=True, slots=True)
class Aligned:
    """Two maps on one grid.

    Parameters
    ----------
    first, second : ndarray of float32
        Of equal shape.
    box : Box or None
        Where the grid lies on a picture; ``None`` for other kinds of input.
    """

    first: Array
    second: Array
    box: Box | None = None


class Modality(ABC):
    """A kind of input. Subclasses declare the class variables and implement the verbs.

    Attributes
    ----------
    id : str
        Identifier, for example ``"picture"``.
    offers : frozenset of str
        What methods, metrics and attacks may need of it: keys of
        :data:`core.modalities.capabilities.CAPABILITIES`.
    choices : mapping
        Names that parameters may take, by the parameter's ``source``: ``"baselines"`` and
        ``"steady_baselines"`` (without those that are drawn) of :meth:`empty`,
        ``"path_baselines"`` (and ``"average"``), ``"backgrounds"`` of :meth:`background`,
        ``"partitions"`` of :meth:`units`, ``"maskers"`` of :meth:`masker`; ``"averaged"`` are the
        baselines that ``"average"`` stands for.
    controls : tuple of Control
        Maps that know nothing of the model.
    families : mapping of str to str
        Kinds of controls, in words.
    presets : mapping of str to Preset
        Protocols of deletion and insertion, the default first.
    measured : str
        How often maps that know nothing pass the check against controls, in words.
    source, site : str
        What a source and a site of it are called in sentences.
    reading : tuple of Parameter
        What may be chosen when a source becomes an input: how a picture is cut.
    opening : tuple of Parameter
        What may be chosen when a file is opened: the bits of a picture's samples.
    suffixes : frozenset of str
        Endings of the files that it opens, in lower case with the dot.
    files : str
        What they hold, for sentences about folders: "pictures (PNG, JPEG)".
    """

    id: ClassVar[str]
    offers: ClassVar[frozenset[str]]
    choices: ClassVar[Mapping[str, tuple[str, ...]]]
    controls: ClassVar[tuple[Control, ...]]
    families: ClassVar[Mapping[str, str]]
    presets: ClassVar[Mapping[str, Preset]]
    measured: ClassVar[str] = (
        "How often a map that knows nothing passes is not measured for this kind of input."
    )
    source: ClassVar[str] = "input"
    site: ClassVar[str] = "site"
    reading: ClassVar[tuple[Parameter, ...]] = ()
    opening: ClassVar[tuple[Parameter, ...]] = ()
    suffixes: ClassVar[frozenset[str]] = frozenset()
    files: ClassVar[str]

    @classmethod
    def card(cls) -> ModalityCard:
        """Return what users see."""
        return card_of(cls, ModalityCard, suffixes=tuple(sorted(cls.suffixes)))

    def preset(self, preset_id: str | None = None) -> Preset:
        """Return the protocol of deletion and insertion called ``preset_id``, the first by default.

        Raises
        ------
        UnknownNameError
            If there is none; the text lists what there is.
        """
        if preset_id is None:
            return next(iter(self.presets.values()))
        return lookup(self.presets, preset_id, what="preset")

    def parameters(self, declared: Sequence[Parameter]) -> tuple[Parameter, ...]:
        """Return what is declared, with the choices that this modality offers."""
        return tuple(spec.offered(self.choices) for spec in declared)

    def resolve(
        self, declared: Sequence[Parameter], given: Mapping[str, object], *, owner: str
    ) -> dict[str, Value]:
        """Fill in defaults and check every value given, as :func:`core.parameters.resolve`."""
        return resolve(self.parameters(declared), given, owner=owner)

    def takes(self, path: Path) -> bool:
        """Say whether a file of a folder is one that it opens: here, by its ending."""
        return path.suffix.lower() in self.suffixes

    def opened(
        self, given: object, chosen: Mapping[str, object], *, name: str = ""
    ) -> OpenedSource:
        """Return the source that ``given`` holds.

        Parameters
        ----------
        given : path, bytes or another form that the modality takes
        chosen : mapping
            Values for :attr:`opening`; defaults for the rest.
        name : str
            Name to show; that of the file by default.

        Raises
        ------
        InputError
            If it cannot be read, or a choice does not fit.
        """
        return self.open(given, name, resolve(self.opening, chosen, owner=self.id))

    @abstractmethod
    def open(self, given: object, name: str, chosen: Mapping[str, Value]) -> OpenedSource:
        """Return the source that ``given`` holds; ``chosen`` is checked."""

    def notes(self, source: object) -> tuple[str, ...]:
        """Return what was done to a source while it was opened, one sentence each."""
        del source
        return ()

    def site_names(self, given: Input) -> tuple[str, ...]:
        """Return what the sites are called, where numbers say less: the words of a text.

        In their order, for inputs with one axis of sites; nothing by default.
        """
        del given
        return ()

    @abstractmethod
    def draw(self, source: object, explanation: Explanation | None) -> bytes:
        """Return the source as PNG, with a map over it where one is given."""

    def read(self, source: object, shape: tuple[int, ...], chosen: Mapping[str, object]) -> Input:
        """Return what a model of ``shape`` is shown of ``source``.

        Parameters
        ----------
        source : object
            As :meth:`open` returns it.
        shape : tuple of int
            ``(*sites, C)`` of the model's input.
        chosen : mapping
            Values for :attr:`reading`; defaults for the rest.

        Raises
        ------
        InputError
            If the source is of another kind, or a choice does not fit.
        """
        return self.to_input(source, shape, resolve(self.reading, chosen, owner=self.id))

    @abstractmethod
    def to_input(
        self, source: object, shape: tuple[int, ...], chosen: Mapping[str, Value]
    ) -> Input:
        """Return what a model of ``shape`` is shown of ``source``; ``chosen`` is checked."""

    @abstractmethod
    def checked_size(self, given: object) -> int | tuple[int, ...]:
        """Return what :class:`core.models.spec.ModelSpec` holds as ``input_size``, checked.

        Raises
        ------
        InputError
            If no model of this modality could take such inputs.
        """

    @abstractmethod
    def blank(self, shape: tuple[int, ...]) -> OpenedSource:
        """Return a source that says nothing, for requests about methods and not about sources."""

    @abstractmethod
    def probes(self, shape: tuple[int, ...]) -> Array:
        """Return a few typical inputs ``(N, *sites, C)`` that come along, for sanity checks."""

    @abstractmethod
    def empty(self, name: str, x: Array, *, seed: int) -> Array:
        """Return the empty input called ``name``, ``(*sites, C)``: what hidden sites become.

        Raises
        ------
        UnknownNameError
            If there is none of that name.
        """

    @abstractmethod
    def background(self, name: str, x: Array, rng: np.random.Generator) -> Array:
        """Return one input ``(*sites, C)`` that stands for "anything", drawn as ``name`` says."""

    @abstractmethod
    def units(self, x: Array, partition: str, n_units: int) -> Labels:
        """Cut ``x`` into about ``n_units`` units, as ``partition`` says."""

    @abstractmethod
    def masker(self, name: str, x: Array) -> Masker:
        """Return what Shapley values hide parts of ``x`` with."""

    @abstractmethod
    def masker_text(self, name: str) -> str:
        """Return what the masker puts in place of a hidden part, for people."""

    @abstractmethod
    def removed(self, name: str, x: Array, zero: Array) -> Array:
        """Return ``x`` with every site removed, as a preset says; ``zero`` ``(C,)`` is neutral."""

    @abstractmethod
    def removed_text(self, name: str) -> str:
        """Return what stands in place of a removed site, for protocols."""

    @abstractmethod
    def no_question(self, x: Array) -> str:
        """Return why no map of ``x`` could be judged against controls; empty if one can."""

    @abstractmethod
    def align(self, a: Explanation, b: Explanation) -> Aligned | str:
        """Lay two maps on one grid over what both models saw of one source, or say why not."""
