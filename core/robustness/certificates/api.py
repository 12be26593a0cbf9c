"""Certificates: what no perturbation within a radius can change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

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
from core.engine.api import answer
from core.robustness.certificates import document as documents
from core.robustness.certificates import empirical
from core.robustness.certificates.certify import so_far
from core.robustness.certificates.class_bias import class_bias
from core.robustness.certificates.registry import CERTIFIERS
from core.robustness.certificates.request import CertifyOptions, certify_request
from core.signatures import signature_from

__all__ = [
    "certificate_ceiling", "certified_csv", "certified_document", "certified_so_far",
    "certifiers", "certify", "certify_picture", "empirical_curve", "class_bias",
]  # fmt: skip


def certifiers() -> tuple[CertifierCard, ...]:
    """Return a card for every way to certify.

    Returns
    -------
    tuple of CertifierCard
    """
    return tuple(each.card() for each in CERTIFIERS.values())


@signature_from(certify_request)
def certify(
    dataset: str, *, control: Control | None = None, **options: Unpack[CertifyOptions]
) -> Certified:
    """Certify the pictures of a dataset in this process.

    Certificates are kept a few pictures at a time, so a run that was stopped resumes where it was.

    Parameters
    ----------
    dataset : str
        Reference of a dataset such as ``portraits?bias=0.9``, or a plain folder of pictures.
    control : Control, optional
        Hears of progress and can stop the work.
    **options
        As in :func:`certify_request`.

    Returns
    -------
    Certified

    Raises
    ------
    InputError
        As :func:`certify_request`.
    """
    return answer(certify_request(dataset, **options), control=control)


def certify_picture(
    request: CertifyPictureRequest, *, control: Control | None = None
) -> PictureCertificate:
    """Certify one picture; see :func:`certify_picture_request`.

    Parameters
    ----------
    request : CertifyPictureRequest
        As :func:`certify_picture_request` returns it.
    control : Control, optional
        Hears of progress and can stop the work.

    Returns
    -------
    PictureCertificate
    """
    return answer(request, control=control)


def certified_so_far(request: CertifyRequest) -> Certified | None:
    """Return the curve over the pictures that are done, while a request runs or was stopped.

    ``None`` if nothing is done.

    Parameters
    ----------
    request : CertifyRequest
        As :func:`certify_request` returns it.

    Returns
    -------
    Certified or None
    """
    return so_far(request)


def certificate_ceiling(method: str, parameters: Mapping[str, Value]) -> float:
    """Return the largest radius that a certifier can prove, however firm the model is.

    Parameters
    ----------
    method : str
        Id of a certifier.
    parameters : mapping
        A checked value for each of its parameters, as a result holds them.

    Returns
    -------
    float
        In the unit of its norm.
    """
    return CERTIFIERS.find(method)().ceiling(parameters)


def certified_document(found: Certified) -> dict[str, Any]:
    """Return the curves and gaps with everything that led to them, ready for JSON.

    Parameters
    ----------
    found : Certified
        As :func:`certify` returns it.

    Returns
    -------
    dict
    """
    return documents.certified_document(found)


def certified_csv(found: Certified) -> bytes:
    """Return a row for each picture: its certified class and radius.

    Parameters
    ----------
    found : Certified
        As :func:`certify` returns it.

    Returns
    -------
    bytes
        CSV.
    """
    return documents.certified_csv(found)


def empirical_curve(certified: Certified, found: Robustness) -> RobustCurve | None:
    """Return what attacks left standing of the certified pictures.

    ``None`` where not all of them were attacked.

    Parameters
    ----------
    certified : Certified
        As :func:`certify` returns it.
    found : Robustness
        As :func:`robustness` returns it, of the same pictures.

    Returns
    -------
    RobustCurve or None

    Raises
    ------
    InputError
        If weights, pictures or norm are not those that were certified.
    """
    return empirical.empirical_curve(certified, found)
