"""What is understood of a model's file, whatever its format, and what all formats share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.contracts import Array, ModelChoices, ModelFacts, Outputs
from core.errors import ModelFileError
from core.models.spec import ModelSpec
from core.models.weight_files import checked_classes
from core.targets.base import probabilities
from core.targets.passes import Passes

__all__ = ["CLOSE", "Understood", "as_told", "class_names", "difference", "prepared"]

CLOSE = 1e-4
"""Largest difference of what is run here from what the file itself answers, in probabilities."""


@dataclass(frozen=True)
class Understood:
    """A model of one's own, opened.

    Parameters
    ----------
    facts : ModelFacts
    spec : ModelSpec
    said : callable
        The file's own graph: from a batch as it takes it, float32 ``(N, H, W, C)``, to what it
        gives.
    architecture : str
        What its run names as its architecture.
    described : mapping
        What is kept of its network beside its numbers, as JSON has it.
    tensors : callable
        Returns its numbers by name.
    passes : callable
        Returns the passes that methods ask for, from pixels in [0, 1] to logits or values.
    close : float
        Largest difference from what the file itself answers: more where it rounds its answers.
    """

    facts: ModelFacts
    spec: ModelSpec
    said: Callable[[Array], Array]
    architecture: str
    described: Mapping[str, Any]
    tensors: Callable[[], Mapping[str, npt.NDArray[Any]]]
    passes: Callable[[], Passes]
    close: float = CLOSE


def class_names(
    choices: ModelChoices, kind: Outputs, n: int, name: str
) -> tuple[tuple[str, ...], bool]:
    """Return a name for each class, and whether they were given.

    Parameters
    ----------
    n : int
        How many outputs there are.

    Raises
    ------
    ModelFileError
        If names were given that are fewer or more.
    """
    expected = 2 if kind == "binary" else n
    if not choices.classes:
        noun = "value" if kind == "values" else "class"
        return tuple(f"{noun} {i}" for i in range(expected)), False
    if len(choices.classes) != expected:
        what = "one sigmoid, so two classes: that of 0 and that of 1" if kind == "binary" else (
            f"{n} output{'s' if n > 1 else ''}"
        )  # fmt: skip
        raise ModelFileError(
            f"{name} has {what}; {len(choices.classes)} class names were given. Give {expected}, "
            "in the order of the outputs."
        )
    return checked_classes(choices.classes, fewest=min(2, expected)), True


def prepared(pixels: Array, spec: ModelSpec) -> Array:
    """Return pixels in [0, 1] as the file's own graph takes them, in NumPy."""
    said = spec.preprocessing.of(spec.input_shape[-1])
    ordered = pixels[..., ::-1] if said.order == "bgr" else pixels
    mean, scale = (np.asarray(each, np.float32) for each in (said.mean, said.scale))
    return np.asarray((np.float32(255) * ordered - mean) / scale, np.float32)


def as_told(logits: Array, spec: ModelSpec) -> npt.NDArray[Any]:
    """Return what the file's own end makes of logits."""
    if spec.outputs == "probabilities":
        return probabilities("softmax", logits.astype(np.float64))
    if spec.outputs == "sigmoid":
        return probabilities("sigmoid", logits.astype(np.float64))
    if spec.outputs == "binary":
        return probabilities("sigmoid", (logits[:, 1:] - logits[:, :1]).astype(np.float64))
    return logits.astype(np.float64)


def difference(theirs: npt.NDArray[Any], logits: Array, spec: ModelSpec) -> float:
    """Return how far what is run here is from what the file answers.

    Of probabilities that is a difference, of others a share of the largest answer.
    """
    span = max(1.0, float(np.abs(theirs).max())) if spec.outputs in ("logits", "values") else 1.0
    ours = as_told(logits, spec)
    return float(np.abs(np.asarray(theirs, np.float64) - ours).max()) / span
