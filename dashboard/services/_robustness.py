"""Robustness: what may be attacked, the request, and the curves while they grow."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from core import api
from core.contracts import AttackCard, RobustnessRequest, SplitName
from core.errors import InputError
from dashboard.services._catalogue import class_names, find_class, models
from dashboard.services._requests import once
from dashboard.services._runs import run
from dashboard.services._shown_data import ShownSplit, dataset_key, shown_datasets, shown_split

__all__ = [
    "attackable_data", "attackable_models", "attacked_split", "attacks", "robustness_request",
]  # fmt: skip

Options = Mapping[str, Any]


# ---- what may be attacked


@lru_cache(maxsize=1)
def attacks() -> dict[str, AttackCard]:
    """Return the cards of the attacks by id."""
    return {card.id: card for card in api.attacks()}


def attackable_data(model: str) -> dict[str, str]:
    """Return the datasets whose classes a model knows, by their key: its own first."""
    own = models()[model].trained_on
    found = {dataset_key(own): own} if own else {}
    for key, text in shown_datasets().items():
        if key not in found and _knows(model, text):
            found[key] = text
    return found


def _knows(model: str, text: str) -> bool:
    try:
        classes = shown_split(text).classes
        if classes == class_names(model):
            return True
        return len({find_class(model, name).index for name in classes}) == len(classes)
    except InputError:  # cannot be read, or has another class
        return False


def attackable_models() -> tuple[str, ...]:
    """Return the models that there are labelled pictures for: what shows most comes first."""
    found = [id for id in models() if attackable_data(id)]
    return tuple(sorted(found, key=lambda id: (not api.is_shipped(id), _unbiased(id))))


def _unbiased(model: str) -> bool:
    """Whether nothing in its data was skewed on purpose: less to see at first sight."""
    own = models()[model].trained_on
    return not (own and dict(api.parse_dataset(own).parameters).get("bias"))


def attacked_split(text: str, name: SplitName) -> ShownSplit:
    """Return the pictures of a dataset that may be attacked.

    Raises
    ------
    InputError
        If they cannot be read.
    """
    return shown_split(text, name)


# ---- requests


def robustness_request(data: ShownSplit, options: Options) -> RobustnessRequest:
    """Return the request for the curves of a model on a split.

    Raises
    ------
    InputError
        If a part of the choice does not exist or does not fit.
    """
    found = run(options["model"])
    key = (
        "robustness", data.fingerprint, data.name, "" if found is None else found.weights_sha256,
        repr(sorted(options.items())),
    )  # fmt: skip
    return once(key, lambda: api.robustness_request(data.dataset, split=data.name, **options))
