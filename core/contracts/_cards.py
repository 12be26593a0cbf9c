"""What models and methods declare about themselves, for people."""

from __future__ import annotations

from dataclasses import dataclass

from core.parameters import Parameter

__all__ = ["MethodCard", "ModelCard"]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What the zoo declares about a model."""

    id: str
    name: str
    input_size: int
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


@dataclass(frozen=True, slots=True)
class MethodCard:
    """What a saliency method declares about itself."""

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
    parameters: tuple[Parameter, ...]
