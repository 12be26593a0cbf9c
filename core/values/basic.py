"""Pictures, classes and models as values, and the key that names content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

__all__ = [
    "DEFAULT_METHOD",
    "DEFAULT_MODALITY",
    "DEFAULT_MODEL",
    "LANES",
    "Array",
    "Artefact",
    "Box",
    "ClassRef",
    "ClassScore",
    "Lane",
    "ModelRef",
    "OutputValue",
    "content_key",
]

Array = npt.NDArray[np.float32]
Lane = Literal["interactive", "batch", "training"]
LANES: tuple[Lane, ...] = get_args(Lane)
DEFAULT_MODALITY = "picture"
DEFAULT_MODEL = "efficientnet_lite0"
DEFAULT_METHOD = "gradcam"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the original picture, in its pixels; may reach outside (letterbox)."""

    left: float
    top: float
    right: float
    bottom: float


def content_key(parts: Mapping[str, Any]) -> str:
    """Return the SHA-256 (64 hex digits) of ``parts`` as canonical JSON."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Artefact:
    """What the store keeps: one JSON document and named arrays."""

    document: dict[str, Any]
    arrays: dict[str, npt.NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Which model, with which weights and class names.

    Parameters
    ----------
    id : str
        An id of the zoo.
    weights : str
        ``"pretrained"``, ``"random"`` or the path of a weights file.
    classes : str, optional
        Path of a text file with one class name a line.
    """

    id: str
    weights: str = "pretrained"
    classes: str | None = None


@dataclass(frozen=True, slots=True)
class ClassRef:
    """A class of the model: index and name."""

    index: int
    label: str


@dataclass(frozen=True, slots=True)
class ClassScore:
    """A class with its softmax probability in [0, 1]."""

    index: int
    label: str
    probability: float

    @property
    def shown(self) -> str:
        """The probability for people."""
        return f"{self.probability:6.1%}"


@dataclass(frozen=True, slots=True)
class OutputValue:
    """A value of a regression, in its own unit."""

    index: int
    label: str
    value: float

    @property
    def shown(self) -> str:
        """The value for people."""
        return f"{self.value:.6g}"
