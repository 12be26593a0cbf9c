"""Certify pictures: proved radii."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from core.contracts import (
    DEFAULT_MODEL,
    CertifyPictureRequest,
    CertifyRequest,
    Geometry,
    OpenedSource,
    SplitName,
    Value,
)
from core.data.registry import open_dataset
from core.errors import InputError
from core.modalities.capabilities import lack, require
from core.models import zoo
from core.options.labelled import SlicedOptions, attribute, class_map, reference, sliced
from core.options.model import model_fields, model_input
from core.parameters import resolve
from core.robustness.certificates.registry import CERTIFIERS, DEFAULT_CERTIFIER
from core.robustness.epsilons import AUTO, epsilons

__all__ = ["certify_picture_request", "certify_request", "CertifyOptions"]


class CertifyOptions(SlicedOptions, total=False):
    """Of :func:`~core.requests.certify_request`."""

    method: str
    parameters: Mapping[str, object] | None
    radii: str | Sequence[float | str]


CERTIFY_VERSION = "2"
"""Raise it when a change of the code changes what the same request leads to."""


def certify_request(
    dataset: str,
    *,
    model: str = DEFAULT_MODEL,
    method: str = DEFAULT_CERTIFIER,
    parameters: Mapping[str, object] | None = None,
    radii: str | Sequence[float | str] = AUTO,
    by: str | None = None,
    slice: str | None = None,
    split: SplitName = "test",
    limit: int | None = None,
    weights: str = "pretrained",
    classes: str | None = None,
    seed: int | None = None,
) -> CertifyRequest:
    """Describe the work of certifying the pictures of a split.

    Parameters
    ----------
    dataset : str
        A dataset's reference, or a plain folder of pictures.
    method : str
        Id of a certifier.
    parameters : mapping
        Values for its parameters; defaults for the rest.
    radii : str or sequence
        Of the curve: ``"1/255,4/255"``, numbers, or ``"auto"`` for a grid up to where nothing is
        certain.
    by : str, optional
        Attribute of the dataset that subgroups are formed by, or ``"class"``.
    slice : str, optional
        Text of a :class:`~core.contracts.Slice`: its pictures alone.
    split : {"train", "validation", "test"}
        Which of its splits.
    limit : int, optional
        So many pictures, drawn from the split or the slice; all of it by default.
    model, weights, classes, seed
        As in :func:`prediction_request`.

    Returns
    -------
    CertifyRequest

    Raises
    ------
    InputError
        For an unknown name, a parameter or radius that cannot be meant, a model that the method
        cannot read, labels that are no classes of the model, an attribute that is not there, or a
        slice without pictures.
    """
    values = _parameters(method, parameters, model)
    opened = open_dataset(reference(dataset))
    part = opened.part(split)
    within, n_all = sliced(slice, part)
    n = n_all if limit is None else min(limit, n_all)
    if n < 1:
        raise InputError(f"There is no picture to certify in {opened.ref.text}, split {split}.")
    fields = _fields(model, weights, classes, seed)
    n_values = prod(zoo.get(model).input_shape)
    return CertifyRequest(
        **fields,
        dataset=opened.ref,
        fingerprint=opened.fingerprint,
        split=split,
        limit=n,
        method=method,
        parameters=values,
        radii=epsilons(radii, norm=CERTIFIERS.find(method).norm, n_values=n_values),
        by=attribute(by, part),
        class_map=class_map(opened, fields["model"]),
        slice=within,
    )


def certify_picture_request(
    picture: OpenedSource,
    *,
    model: str = DEFAULT_MODEL,
    method: str = DEFAULT_CERTIFIER,
    parameters: Mapping[str, object] | None = None,
    weights: str = "pretrained",
    classes: str | None = None,
    geometry: Geometry | None = None,
    seed: int | None = None,
) -> CertifyPictureRequest:
    """Describe the work of certifying one picture.

    Parameters
    ----------
    picture : Picture
        As :func:`open_picture` returns it.
    method : str
        Id of a certifier.
    parameters : mapping of str to object, optional
        Values for its parameters; defaults for the rest.
    model, weights, classes, geometry, seed
        As in :func:`prediction_request`.

    Returns
    -------
    CertifyPictureRequest

    Raises
    ------
    InputError
        For an unknown name, a parameter that cannot be meant, or a model that the method cannot
        read.
    """
    values = _parameters(method, parameters, model)
    return CertifyPictureRequest(
        **_fields(model, weights, classes, seed),
        input=model_input(picture, model, geometry),
        method=method,
        parameters=values,
    )


def _parameters(
    method: str, parameters: Mapping[str, object] | None, model: str
) -> dict[str, Value]:
    chosen, spec = CERTIFIERS.find(method), zoo.get(model)
    able = ", ".join(c.id for c in CERTIFIERS.values() if not lack(c.needs, spec.offer.has))
    instead = f"Methods that need forward passes alone: {able}." if able else ""
    require(method, chosen.needs, spec.offer, instead=instead)
    return resolve(chosen.parameters, parameters or {}, owner=method)


def _fields(model: str, weights: str, classes: str | None, seed: int | None) -> dict[str, Any]:
    fields = model_fields(model, weights=weights, classes=classes, seed=seed)
    fields["versions"] = fields["versions"] | {"certify": CERTIFY_VERSION}
    return fields
