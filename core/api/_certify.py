"""Certificates: what no perturbation within a radius can change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.api._answers import answer
from core.contracts import (
    Certified,
    CertifierCard,
    CertifyPictureRequest,
    CertifyRequest,
    PictureCertificate,
    RobustCurve,
    Robustness,
    Value,
)
from core.control import Control
from core.requests import certify_request
from core.robustness import beside
from core.robustness import certified_document as documents
from core.robustness.certificates.registry import CERTIFIERS
from core.robustness.certify import so_far
from core.robustness.leaning import leaning

__all__ = [
    "certificate_ceiling", "certified_csv", "certified_document", "certified_so_far",
    "certifiers", "certify", "certify_picture", "empirical_curve", "leaning",
]  # fmt: skip


def certifiers() -> tuple[CertifierCard, ...]:
    """Return a card for every way to certify."""
    return tuple(each.card() for each in CERTIFIERS.values())


def certify(dataset: str, *, control: Control | None = None, **options: Any) -> Certified:
    """Certify the pictures of a dataset in this process; options as in :func:`certify_request`.

    Certificates are kept a few pictures at a time, so a run that was stopped resumes where it was.
    """
    found: Certified = answer(certify_request(dataset, **options), control=control)
    return found


def certify_picture(
    request: CertifyPictureRequest, *, control: Control | None = None
) -> PictureCertificate:
    """Certify one picture; see :func:`certify_picture_request`."""
    found: PictureCertificate = answer(request, control=control)
    return found


def certified_so_far(request: CertifyRequest) -> Certified | None:
    """Return the curve over the pictures that are done, while a request runs or was stopped.

    ``None`` if nothing is done.
    """
    return so_far(request)


def certificate_ceiling(method: str, parameters: Mapping[str, Value]) -> float:
    """Return the largest radius that a certifier can prove, however firm the model is.

    Parameters
    ----------
    parameters : mapping
        A checked value for each of its parameters, as a result holds them.
    """
    return CERTIFIERS.find(method)().ceiling(parameters)


def certified_document(found: Certified) -> dict[str, Any]:
    """Return the curves and gaps with everything that led to them, ready for JSON."""
    return documents.certified_document(found)


def certified_csv(found: Certified) -> bytes:
    """Return a row for each picture: its certified class and radius."""
    return documents.certified_csv(found)


def empirical_curve(certified: Certified, found: Robustness) -> RobustCurve | None:
    """Return what attacks left standing of the certified pictures.

    ``None`` where not all of them were attacked.

    Raises
    ------
    InputError
        If weights, pictures or norm are not those that were certified.
    """
    return beside.empirical_curve(certified, found)
