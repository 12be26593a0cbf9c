"""What every kind of request needs: the model named by its weights, the seed, the classes."""

from __future__ import annotations

from typing import Any, TypedDict

from core.contracts import ExplainRequest, Geometry, Input, ModelRef
from core.errors import CapabilityError
from core.modalities import registry as modalities
from core.modalities.capabilities import require
from core.models import zoo
from core.models.fingerprint import versions
from core.models.labels import class_names
from core.models.runtime import identify
from core.settings import settings
from core.targets import registry as targets
from core.targets.base import Target as TargetOf
from core.targets.one_class import ClassTarget

__all__ = [
    "chosen_class", "chosen_seed", "chosen_target", "class_of", "model_fields", "model_input",
    "Target",
]  # fmt: skip

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


def model_input(source: object, model: str, geometry: Geometry | None = None) -> Input:
    """Return what ``model`` is shown of ``source``.

    Parameters
    ----------
    geometry : {"crop", "squash", "letterbox"}, optional
        How a picture is fitted to the model's size; ``"crop"`` by default. Other kinds of input
        are not fitted.

    Raises
    ------
    InputError
        For an unknown model, a source of another kind than it takes, or a geometry where there is
        none.
    """
    spec = zoo.get(model)
    chosen = {} if geometry is None else {"geometry": geometry}
    return modalities.get(spec.modality).read(source, spec.input_shape, chosen)


def chosen_target(ref: ModelRef, target: Target, against: Target = None) -> TargetOf:
    """Return what is explained: a class, the contrast of two, or another number of the outputs.

    Raises
    ------
    InputError
        If there is no such class, the two are the same, or the model has no such outputs.
    """
    names = class_names(ref)
    return targets.read(
        "auto" if target is None else str(target), None if against is None else str(against),
        lambda text: names.find(text).index, names.labels, zoo.get(ref.id).offer,
    )  # fmt: skip


def chosen_class(ref: ModelRef, target: Target) -> int | None:
    """Return the index of a class; ``None`` for the one that the model predicts.

    Raises
    ------
    InputError
        If there is no such class, or the model has none.
    """
    return _class(chosen_target(ref, target), ref)


def class_of(request: ExplainRequest) -> int | None:
    """Return the index of the class that a map explains; ``None`` for the predicted one.

    Raises
    ------
    CapabilityError
        If it explains something else.
    """
    return _class(request.target, request.model)


def _class(target: object, ref: ModelRef) -> int | None:
    require("What follows a class", frozenset({"classes"}), zoo.get(ref.id).offer)
    if not isinstance(target, ClassTarget):
        kind = getattr(target, "id", "")
        raise CapabilityError(f"This follows a class. Received a target of the kind {kind!r}.")
    return target.index


class ModelOptions(TypedDict, total=False):
    """Which model, and how."""

    model: str
    weights: str
    classes: str | None
    seed: int | None
