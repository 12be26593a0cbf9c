"""Robustness: what may be attacked, the request, and the curves while they grow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from core import api
from core.api import Defence, defence, worst_area
from core.contracts import (
    AdversarialExample,
    AttackCard,
    Robustness,
    RobustnessRequest,
)
from core.errors import InputError
from dashboard.lru import Lru
from dashboard.services._cards import by_id
from dashboard.services._catalogue import class_names, find_class, models
from dashboard.services._concepts import pixels_uri
from dashboard.services._datasets import dataset_modality
from dashboard.services._files import as_json
from dashboard.services._shown_data import (
    ShownSplit,
    dataset_key,
    shown_datasets,
    shown_split,
    telling_first,
)
from dashboard.services._split_requests import of_split

__all__ = [
    "Broken", "Defence", "attackable_data", "attackable_models",
    "attacks", "broken", "defence", "robustness_file", "robustness_request",
    "robustness_so_far", "worst_area",
]  # fmt: skip

Options = Mapping[str, Any]
_SIDE = 192
_FACTORS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_HALF = 0.5
_partials: Lru[tuple[str, str], Robustness | None] = Lru(8)
_broken: Lru[tuple[str, str, int], Broken] = Lru(256)


# ---- what may be attacked


attacks: Callable[[], dict[str, AttackCard]] = by_id(api.attacks)
"""The cards of the attacks by id."""


def attackable_data(model: str) -> dict[str, str]:
    """Return the datasets whose classes a model knows, by their key: its own first."""
    own = models()[model].trained_on
    found = {dataset_key(own): own} if own else {}
    for key, text in shown_datasets().items():
        if key not in found and _knows(model, text):
            found[key] = text
    return found


def _knows(model: str, text: str) -> bool:
    if dataset_modality(text) != models()[model].modality:
        return False
    try:
        classes = shown_split(text).classes
    except InputError:  # the log says why
        return False
    return _covers(model, class_names(model), classes)


@lru_cache(maxsize=512)
def _covers(model: str, labels: tuple[str, ...], classes: tuple[str, ...]) -> bool:
    if classes == labels:
        return True
    try:
        return len({find_class(model, name).index for name in classes}) == len(classes)
    except InputError:  # a class that the model does not know
        return False


def attackable_models() -> tuple[str, ...]:
    """Return the models that there are labelled pictures for: what shows most comes first."""
    found = [id for id in models() if attackable_data(id)]
    return telling_first(found)


# ---- requests


def robustness_request(data: ShownSplit, options: Options) -> RobustnessRequest:
    """Return the request for the curves of a model on a split."""
    return of_split(api.robustness_request, data, options)


def robustness_so_far(request: RobustnessRequest, *, stage: str = "") -> Robustness | None:
    """Return the curves over the pictures that are done, ``None`` before the first.

    Parameters
    ----------
    stage : str
        What the work says of itself now: within a stage the store is read once. ``""`` reads it.
    """
    if not stage:
        return api.robustness_so_far(request)
    return _partials.get_or((request.key, stage), lambda: api.robustness_so_far(request))


# ---- what a result is shown as


def robustness_file(found: Robustness, kind: Literal["csv", "json"]) -> bytes:
    """Return the curves as rows, or everything as the command line's document."""
    if kind == "csv":
        return api.robustness_csv(found)
    return as_json(api.robustness_document(found)).encode()


@dataclass(frozen=True, slots=True)
class Broken:
    """A picture that was broken, as data URIs.

    Parameters
    ----------
    factor : int
        How many times the change is magnified around grey.
    """

    original: str
    change: str
    adversarial: str
    factor: int


def broken(found: Robustness, example: AdversarialExample) -> Broken:
    """Return the pictures of an example, encoded once."""
    key = (found.key, example.attack, example.index)
    return _broken.get_or(key, lambda: _encoded(example))


def _encoded(example: AdversarialExample) -> Broken:
    change = example.adversarial - example.original.astype(np.float32) / np.float32(255)
    most = float(np.abs(change).max())
    factor = max((f for f in _FACTORS if f * most <= _HALF), default=1)
    return Broken(
        original=_uri(example.original.astype(np.float32) / np.float32(255)),
        change=_uri(change * np.float32(factor) + np.float32(_HALF)),
        adversarial=_uri(example.adversarial),
        factor=factor,
    )


def _uri(pixels: npt.NDArray[np.float32]) -> str:
    """Return pixels in [0, 1]; small ones as squares, so that a browser does not blur them."""
    levels = np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    times = max(1, _SIDE // max(levels.shape[:2]))
    return pixels_uri(levels.repeat(times, axis=0).repeat(times, axis=1))
