"""Requests for a smaller model, and for weights that somebody brought."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.compression import compressors
from core.contracts import (
    CompressionForm,
    CompressRequest,
    DatasetRef,
    GalleryRef,
    ImportRequest,
)
from core.data.registry import DATASETS, open_dataset
from core.errors import CapabilityError, InputError
from core.files import spelled_out
from core.modalities.picture.gallery import read_gallery
from core.models import zoo
from core.models.fingerprint import versions
from core.models.spec import ModelSpec
from core.models.weight_files import (
    checked_classes,
    checked_name,
    checked_size,
    inspect_weight_file,
    save_weight_file,
)
from core.parameters import resolve
from core.requests._common import model_fields
from core.runs import finished_runs

__all__ = ["COMPRESSION_VERSION", "compress_request", "import_request"]

COMPRESSION_VERSION = "1"
"""Raise it when a change of the code changes what the same request leads to."""
_LIBRARIES = ("numpy", "keras", "tensorflow", "openvino")


def compress_request(
    model: str,
    *,
    form: CompressionForm,
    dataset: str | None = None,
    sparsity: float = 0.7,
    seed: int | None = None,
) -> CompressRequest:
    """Describe the work of making a model smaller.

    Parameters
    ----------
    model : str
        A float32 model of the zoo.
    form : {"float16", "int8", "pruned"}
        What becomes of the weights.
    dataset : str, optional
        Pictures to calibrate with and to compare on: a dataset's reference, or a plain folder of
        pictures. By default the dataset that the model was trained on.
    sparsity : float
        Share of weights that become 0; of the form ``pruned`` alone.
    seed : int, optional
        The setting's by default.

    Returns
    -------
    CompressRequest

    Raises
    ------
    InputError
        For an unknown name, a model that is compressed already, a number out of range, or
        pictures that are missing.
    """
    chosen = compressors.COMPRESSORS.find(form)
    spec = zoo.get(model)
    if spec.origin == "compressed":
        raise CapabilityError(
            f"{model} is compressed already. Compress the model it was made of: {spec.twin}."
        )
    given: dict[str, Any] = {"sparsity": sparsity} if chosen.parameters else {}
    data, fingerprint = _pictures(spec, dataset)
    fields = model_fields(model, seed=seed)
    used = versions()
    return CompressRequest(
        model=fields["model"],
        weights_sha256=fields["weights_sha256"],
        form=chosen.id,
        data=data,
        fingerprint=fingerprint,
        parameters=resolve(chosen.parameters, given, owner=form),
        seed=fields["seed"],
        versions={name: used[name] for name in _LIBRARIES} | {"compression": COMPRESSION_VERSION},
    )


def _pictures(spec: ModelSpec, dataset: str | None) -> tuple[DatasetRef | GalleryRef, str]:
    text = dataset or (spec.trained_on if spec.id in finished_runs() else "")
    if not text:
        raise InputError(
            f"{spec.id} was not trained here, so there are no pictures of its own to calibrate "
            "with: give a dataset, or a folder of pictures like those it will see "
            "(--dataset folder:PATH, or --dataset PATH)."
        )
    if text.partition("?")[0].partition(":")[0] in DATASETS:
        opened = open_dataset(text)
        return opened.ref, opened.fingerprint
    if not spelled_out(text).is_dir():
        raise InputError(
            f"There is no dataset and no folder {text!r}. Datasets: {', '.join(DATASETS)}."
        )
    gallery = read_gallery(text)
    return gallery.ref, gallery.fingerprint


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
