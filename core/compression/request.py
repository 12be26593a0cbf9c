"""Make a model smaller."""

from __future__ import annotations

from typing import Any, TypedDict

from core.compression import compressors
from core.contracts import CompressionForm, CompressRequest, DatasetRef, GalleryRef
from core.data.registry import DATASETS, open_dataset
from core.errors import CapabilityError, InputError
from core.files import spelled_out
from core.modalities.picture.gallery import read_gallery
from core.models import zoo
from core.models.fingerprint import versions
from core.models.spec import ModelSpec
from core.options.model import model_fields
from core.parameters import resolve
from core.runs import finished_runs

__all__ = ["compress_request", "CompressOptions"]


class _Form(TypedDict):
    form: CompressionForm


class CompressOptions(_Form, total=False):
    """Of :func:`~core.requests.compress_request`."""

    dataset: str | None
    sparsity: float
    seed: int | None


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
