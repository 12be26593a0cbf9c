"""What models, methods and metrics declare about themselves, for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from core.parameters import Parameter

__all__ = ["MethodCard", "MetricCard", "ModalityCard", "ModelCard", "Origin", "Outputs"]

Outputs = Literal["logits", "probabilities", "sigmoid", "binary", "values"]
"""What a model's network ends in; what is explained are logits, or values."""

Origin = Literal["zoo", "shipped", "run", "compressed", "imported"]
"""Where a model comes from."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What the zoo declares about a model.

    ``input_size`` is the side of a square input of three channels, or the whole shape, channels
    last. ``trained_on`` is the dataset of a model that was trained here, ``twin`` the float32 model
    that a compressed one was made of; both ``""`` elsewhere.
    """

    id: str
    name: str
    input_size: int | tuple[int, ...]
    classes: int
    parameters: int
    feature_layer: str
    layers: tuple[str, ...]
    gradients: bool
    features: bool
    preprocessing: str
    paper: str
    licence: str
    offline: bool
    summary: str
    origin: Origin = "zoo"
    trained_on: str = ""
    twin: str = ""
    modality: str = "picture"
    outputs: Outputs = "logits"

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one input ``(*sites, C)``."""
        size = self.input_size
        return (size, size, 3) if isinstance(size, int) else size

    @property
    def size_text(self) -> str:
        """The input's shape for people: ``224 px``, or ``96 × 128 × 1``."""
        size = self.input_size
        return f"{size} px" if isinstance(size, int) else " × ".join(map(str, size))


@dataclass(frozen=True, slots=True)
class ModalityCard:
    """What a kind of input declares about itself.

    ``source`` and ``site`` are what a source and a site of it are called, ``files`` what the files
    with the endings ``suffixes`` hold. ``reading`` may be chosen when a source becomes an input.
    ``families`` are the kinds of maps that know nothing of a model, in words.
    """

    id: str
    source: str
    site: str
    files: str
    suffixes: tuple[str, ...]
    reading: tuple[Parameter, ...]
    families: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MethodCard:
    """What a saliency method declares about itself.

    ``signs`` says what negative and positive values of a signed map mean.
    """

    id: str
    name: str
    summary: str
    limits: str
    paper: str
    signed: bool
    uses_layer: bool
    needs_gradients: bool
    slow: bool
    random: bool
    control: bool
    parameters: tuple[Parameter, ...]
    signs: tuple[str, str] = ("against", "for")


@dataclass(frozen=True, slots=True)
class MetricCard:
    """What a metric of maps declares about itself.

    ``higher_is_better`` is ``None`` where neither end is better. ``recomputes``: it asks the method
    for maps of changed pictures or other seeds, which costs as many passes again. ``quick``: it
    belongs to the set that is measured unless more is asked for.
    """

    id: str
    name: str
    summary: str
    limits: str
    paper: str
    higher_is_better: bool | None
    needs_mask: bool
    recomputes: bool
    random: bool
    quick: bool
