"""Predict one input; take weights that somebody brings into the zoo."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from core.contracts import Geometry, ImportRequest, PredictRequest
from core.models import zoo
from core.models.fingerprint import versions
from core.models.weight_files import (
    checked_classes,
    checked_name,
    checked_size,
    inspect_weight_file,
    save_weight_file,
)
from core.models.zoo import DEFAULT_MODEL
from core.options.model import ModelOptions, model_fields, model_input
from core.runs import finished_runs

__all__ = ["import_request", "ImportOptions", "prediction_request", "PredictOptions"]

_LIBRARIES = ("numpy", "keras", "tensorflow", "openvino")


class PredictOptions(ModelOptions, total=False):
    """Of :func:`~core.requests.prediction_request`."""

    geometry: Geometry


class _Brought(TypedDict):
    name: str
    architecture: str
    weights: bytes | Path
    classes: Sequence[str]


class ImportOptions(_Brought, total=False):
    """Of :func:`~core.requests.import_request`."""

    input_size: int | None


def prediction_request(
    picture: object,
    *,
    model: str = DEFAULT_MODEL,
    weights: str = "pretrained",
    classes: str | None = None,
    geometry: Geometry | None = None,
    seed: int | None = None,
) -> PredictRequest:
    """Describe the work of predicting one picture, ready to be submitted.

    Parameters
    ----------
    picture : Picture
        As :func:`open_picture` returns it; for a model of another modality, its kind of source.
    model : str
        Id of a model of the zoo.
    weights : str
        ``"pretrained"``, ``"random"`` (drawn from the seed), or the path of a weights file.
    classes : str, optional
        File with one class name a line, in place of the model's own names.
    geometry : {"crop", "squash", "letterbox"}
        How a picture takes the shape of the input, ``"crop"`` by default: the centre cut out as
        models are evaluated, both sides squashed, or the whole picture with grey beside it. Other
        kinds of input have none.
    seed : int, optional
        Of every draw; the setting's by default.

    Returns
    -------
    PredictRequest

    Raises
    ------
    InputError
        For an unknown model, weights that are missing, or a file of class names that cannot be
        read.
    """
    fields = model_fields(model, weights=weights, classes=classes, seed=seed)
    return PredictRequest(**fields, input=model_input(picture, model, geometry))


def import_request(
    *,
    name: str,
    architecture: str,
    weights: bytes | Path,
    classes: Sequence[str],
    input_size: int | None = None,
) -> ImportRequest:
    """Describe the work of taking weights that somebody brought into the zoo.

    Parameters
    ----------
    name : str
        For people.
    architecture : str
        Id of what the weights go into; see :func:`core.api.architectures`.
    weights : bytes or path
        A file of weights alone: ``.safetensors``, ``.weights.h5`` or ``.h5``.
    classes : sequence of str
        One name a logit.
    input_size : int, optional
        Side of the input in pixels; the architecture's own by default.

    Returns
    -------
    ImportRequest

    Raises
    ------
    InputError
        For an unknown architecture, or names, a size or a file that cannot be right.
    """
    spec = zoo.architecture(architecture)
    weight_file = inspect_weight_file(weights, spec)
    used = versions()
    request = ImportRequest(
        name=checked_name(name),
        architecture=architecture,
        file=str(weight_file.file),
        file_sha256=weight_file.sha256,
        classes=checked_classes(classes),
        input_size=checked_size(input_size or spec.side),
        versions={library: used[library] for library in _LIBRARIES},
    )
    if all(run.key != request.key for run in finished_runs().values()):
        save_weight_file(weight_file)
    return request
