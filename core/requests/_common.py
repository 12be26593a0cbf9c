"""What every kind of request needs: the model named by its weights, the seed, the classes."""

from __future__ import annotations

from typing import Any

from core.contracts import ModelRef
from core.errors import InputError
from core.models import zoo
from core.models.fingerprint import versions
from core.models.labels import class_names
from core.models.runtime import identify
from core.settings import settings

__all__ = ["Target", "chosen_seed", "model_fields", "target_indices"]

Target = int | str | None


def chosen_seed(seed: int | None) -> int:
    """Return ``seed``, or the setting's."""
    return settings().seed if seed is None else seed


def model_fields(
    model: str, *, weights: str = "pretrained", classes: str | None = None, seed: int | None = None
) -> dict[str, Any]:
    """Return the fields of a :class:`~core.contracts.ModelRequest`, checked.

    Raises
    ------
    InputError
        For an unknown model, weights that are missing, or a class file that cannot be read.
    """
    ref = ModelRef(model, weights, classes)
    zoo.get(model)
    class_names(ref)
    drawn = chosen_seed(seed)
    return {
        "model": ref,
        "weights_sha256": identify(ref, seed=drawn),
        "versions": versions(),
        "seed": drawn,
    }


def target_indices(ref: ModelRef, target: Target, against: Target) -> tuple[int | None, int | None]:
    """Return the indices of a target (``None``: the predicted class) and the class against it."""
    names = class_names(ref)
    wanted = None if target is None or target == "auto" else names.find(target).index
    other = None if against is None else names.find(against).index
    if other is not None and other == wanted:
        raise InputError(
            f"The target and the class it is held against are the same ({names.labels[other]}): "
            "their difference is always 0. Choose two classes."
        )
    return wanted, other
