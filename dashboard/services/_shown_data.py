"""Datasets whose pictures visitors may look at, and what addresses call them."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import PurePath

from core import api
from dashboard.services._catalogue import models

__all__ = ["dataset_key", "shown_datasets"]

_LONGEST_KEY = 130
_HASH = 8
_RESERVED = re.compile(r"[^\w.~-]", re.ASCII)


@lru_cache(maxsize=256)
def dataset_key(text: str) -> str:
    """Return what addresses call a dataset: unreserved characters, and no place of the server.

    Examples
    --------
    >>> dataset_key("portraits?bias=0.9&size=96"), dataset_key("folder:/srv/pets")
    ('portraits~bias-0.9~size-96', 'folder-pets-ab687dad')
    """
    head, _, query = text.partition("?")
    id, _, source = head.partition(":")
    digest = hashlib.sha256(text.encode()).hexdigest()[:_HASH]
    words = [f"{id}-{PurePath(source).name[:24]}-{digest}" if source else id]
    words += [pair.replace("=", "-") for pair in query.split("&") if pair]
    key = _RESERVED.sub("_", "~".join(words))
    return key if len(key) <= _LONGEST_KEY else f"{id}-{digest}"


def shown_datasets() -> dict[str, str]:
    """Return the references of datasets that visitors may look at, by their key.

    Those that the server offers, and those that a model of the zoo was trained on.
    """
    trained = (card.trained_on for card in models().values())
    return {dataset_key(text): text for text in (*api.offered_datasets(), *trained) if text}
