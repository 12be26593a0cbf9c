"""Certificates: who can certify a model, the requests, the curve while it grows, and its files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from core import api
from core.api import certified_so_far, class_bias
from core.contracts import (
    Certified,
    CertifierCard,
    CertifyPictureRequest,
    CertifyRequest,
    OpenedSource,
    RobustCurve,
    RobustnessRequest,
    Value,
)
from dashboard.services._catalogue import lacking, models
from dashboard.services._files import as_json
from dashboard.services._requests import once
from dashboard.services._runs import run, weights_of
from dashboard.services._shown_data import ShownSplit
from dashboard.services._split_requests import of_split

__all__ = [
    "attacked_curve", "at_ceiling", "certificate_file", "certified_so_far", "certifiers_of",
    "certify_picture_request", "certify_request", "class_bias",
]  # fmt: skip


def certifiers_of(model: str) -> dict[str, CertifierCard]:
    """Return the ways to certify a model, its own first.

    A model's own is the one that its recipe has trained it for.
    """
    found = run(model)
    recipe = "" if found is None else found.recipe
    able = {
        card.id: card
        for card in api.certifiers()
        if not lacking("certifiers", card.id, models()[model])
    }
    return dict(sorted(able.items(), key=lambda pair: pair[0] != recipe))


def certify_request(data: ShownSplit, options: Mapping[str, Any]) -> CertifyRequest:
    """Return the request for the certificates of a split's pictures."""
    return of_split(api.certify_request, data, options)


def certify_picture_request(
    source: OpenedSource, *, model: str, method: str, parameters: Mapping[str, Value], seed: int
) -> CertifyPictureRequest:
    """Return the request for the certificate of one source.

    Raises
    ------
    InputError
        If a part of the choice does not exist or does not fit.
    """
    values = tuple(sorted(parameters.items()))
    of = (model, weights_of(model), method, values, seed)
    key = ("certify picture", source.sha256, source.name, *of)
    return once(
        key,
        lambda: api.certify_picture_request(
            source, model=model, method=method, parameters=dict(values), seed=seed
        ),
    )


def attacked_curve(certified: Certified, request: RobustnessRequest) -> RobustCurve | None:
    """Return what attacks left of the certified pictures; nothing is attacked for it.

    ``None`` where what is kept does not hold all of these pictures.
    """
    found = api.robustness_so_far(request)
    return None if found is None else api.empirical_curve(certified, found)


def at_ceiling(found: Certified) -> tuple[float, int]:
    """Return the largest radius that the settings can prove, and how many pictures reach it."""
    most = api.certificate_ceiling(found.method, found.parameters)
    return most, int(np.isclose(found.radii, most).sum())


def certificate_file(found: Certified, kind: Literal["csv", "json"]) -> bytes:
    """Return a row for each picture, or everything as the command line's document."""
    if kind == "csv":
        return api.certified_csv(found)
    return as_json(api.certified_document(found)).encode()
