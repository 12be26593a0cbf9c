"""A Keras model that stands in this process, as what a registration needs to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.contracts import ModelChoices, Outputs
from core.errors import InputError
from core.models.reading.rebuild import flat
from core.models.spec import Affine
from core.models.tensorflow import keras
from core.own_models.understanding import read_off

__all__ = ["Built", "BuiltModel", "look_at"]


@dataclass(frozen=True)
class BuiltModel:
    """A builder that copies a model, models inside it opened."""

    model: Any
    output: int

    def __call__(self, inputs: Any, n_classes: int) -> Any:
        """Return the copy, from the source of ``inputs``."""
        del n_classes
        return flat(self.model, inputs, output=self.output)


@dataclass(frozen=True)
class Built:
    """What a model is, read off it."""

    builder: BuiltModel
    input_size: int | tuple[int, int, int]
    n_classes: int
    layers: tuple[str, ...]
    preprocessing: Affine
    outputs: Outputs


def look_at(model: object, *, id: str, kind: Outputs | None, n_names: int | None) -> Built:
    """Read off what a Keras model is, as of one from a file.

    Parameters
    ----------
    kind : str, optional
        What it ends in, where that is declared.
    n_names : int, optional
        How many class names there are.

    Raises
    ------
    InputError
        If it is none, or none of pictures, or does not run here as Keras runs it.
    """
    if not isinstance(model, keras.Model):
        raise InputError(
            f"model is a keras.Model. Received: {type(model).__name__}. A function that builds one "
            "is given as builder."
        )
    names = tuple(f"class {i}" for i in range(n_names)) if n_names else ()
    found = read_off(model, ModelChoices(kind=kind or "", classes=names), name=id, origin="zoo")
    facts = found.facts
    square = facts.height == facts.width and facts.channels == 3
    size = facts.height if square else (facts.height, facts.width, facts.channels)
    return Built(
        BuiltModel(model, int(found.described["output"])), size,
        len(facts.classes), facts.layers, found.spec.preprocessing, facts.kind,
    )  # fmt: skip
