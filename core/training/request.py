"""Train a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from core.contracts import DEFAULT_DATASET, DEFAULT_RECIPE, ModelRef, TrainRequest
from core.data.registry import open_dataset
from core.data.splits import check_trainable
from core.errors import InputError
from core.modalities.capabilities import require
from core.models import zoo
from core.models.fingerprint import versions
from core.models.runtime import identify
from core.options.model import chosen_seed
from core.parameters import Value, resolve
from core.training import registry
from core.training.base import Recipe

__all__ = ["train_request", "TrainOptions", "TrainSetting"]


class TrainSetting(TypedDict, total=False):
    """Of :func:`~core.requests.train_request`, the seed left open."""

    dataset: str
    recipe: str
    base: str | None
    weights: str
    parameters: Mapping[str, object] | None
    epochs: int | None


class TrainOptions(TrainSetting, total=False):
    """Of :func:`~core.requests.train_request`."""

    seed: int | None


TRAINING_VERSION = "1"
"""Raise it when a change of the training code changes what the same request leads to."""

_LIBRARIES = ("numpy", "keras", "tensorflow")


def train_request(
    *,
    dataset: str = DEFAULT_DATASET,
    recipe: str = DEFAULT_RECIPE,
    base: str | None = None,
    weights: str = "pretrained",
    parameters: Mapping[str, object] | None = None,
    epochs: int | None = None,
    seed: int | None = None,
) -> TrainRequest:
    """Describe the work of training a model.

    Parameters
    ----------
    dataset : str
        Such as ``portraits?bias=0.9`` or ``folder:/data/pets``; see :mod:`core.data.registry`.
    recipe : str
        Id of a recipe.
    base : str, optional
        The model it starts from, for recipes that take one.
    weights : str
        The base's weights.
    parameters : mapping, optional
        Of the recipe; the defaults for the rest.
    epochs : int, optional
        In place of ``parameters["epochs"]``.
    seed : int, optional
        Of weights, order and augmentation; the setting's by default.

    Returns
    -------
    TrainRequest

    Raises
    ------
    InputError
        For an unknown name, a parameter out of range, data that cannot be used, or a base that is
        missing or not wanted.
    """
    chosen = registry.RECIPES.find(recipe)
    given = dict(parameters or {})
    if epochs is not None:
        given["epochs"] = epochs
    values = resolve(chosen.parameters, given, owner=recipe)
    opened = open_dataset(dataset)
    check_trainable(opened)
    drawn = chosen_seed(seed)
    ref = _base(chosen, base, weights)
    used = versions()
    return TrainRequest(
        dataset=opened.ref,
        fingerprint=opened.fingerprint,
        recipe=recipe,
        base=ref,
        base_sha256="" if ref is None else identify(ref, seed=drawn),
        parameters=values,
        seed=drawn,
        versions={name: used[name] for name in _LIBRARIES}
        | {"training": TRAINING_VERSION}
        | _architecture(values.get("architecture")),
    )


def _architecture(name: Value | None) -> dict[str, str]:
    """Return what names the code of a fresh network that is not Pellucid's own."""
    if name is None:
        return {}
    spec = zoo.architecture(str(name))
    require("Training", frozenset({"classes"}), spec.offer)
    if not spec.joined:
        return {}
    return {"architecture": identify(ModelRef(str(name)))}


def _base(recipe: type[Recipe], base: str | None, weights: str) -> ModelRef | None:
    if recipe.base == "none" or (recipe.base == "optional" and base is None):
        if base is not None:
            raise InputError(f"{recipe.id} starts from random weights and takes no base: {base!r}.")
        return None
    wanted = base or recipe.default_base
    if not wanted:
        raise InputError(f"{recipe.id} needs a model of the zoo to start from (--base ID).")
    zoo.get(wanted)
    return ModelRef(wanted, weights)
