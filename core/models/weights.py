"""Weights into architectures that we built; never a model from a stranger's file."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.contracts import Artefact, ModelRef, content_key
from core.errors import WeightsError
from core.models.builders import KERAS_APPLICATIONS
from core.models.fingerprint import keras_home, verified_file, weights_path, weights_sha256
from core.models.settling import settle
from core.models.tensorflow import keras
from core.models.torch_reader import read_state_dict
from core.models.zoo import ModelSpec
from core.store import Store

__all__ = ["fill", "load_weights", "save_safetensors"]

_READER_VERSION = 1
_MAX_VALUES = 2_000_000_000
_MAX_ITEMS, _MAX_DEPTH = 100_000, 32
_NOT_LAYERS = {"optimizer", "optimizer_weights"}
Tensors = Mapping[str, npt.NDArray[Any]]


def load_weights(model: keras.Model, spec: ModelSpec, ref: ModelRef, store: Store) -> None:
    """Fill ``model`` with the weights that ``ref`` names.

    Raises
    ------
    WeightsError
        If they cannot be had, are of a forbidden format, or do not fit the architecture.
    """
    path = weights_path(ref)
    if path is None:
        return  # random weights, drawn when the model was built, or the builder's own
    if ref.weights == "pretrained":
        if spec.weights_path:
            verified_file(spec, ref)
        elif spec.offline:
            _assign(model, _packaged(spec, ref, path, store), origin=path.name)
            return
        elif not path.is_file():
            _download(spec, path)
    fill(model, path)


def fill(model: keras.Model, path: Path, *, exact: bool = False) -> None:
    """Fill ``model`` with the weights of a file: safetensors, or HDF5 as Keras writes it.

    Parameters
    ----------
    exact : bool
        Refuse a file that holds more than the model takes: it is another architecture's.

    Raises
    ------
    WeightsError
        If the file is of a forbidden format or does not fit.
    """
    if path.suffix == ".safetensors":
        tensors = _read_safetensors(path)
        _assign(model, tensors, origin=path.name)
        surplus = sorted(tensors.keys() - {v.path for v in model.weights})
        if exact and surplus:
            raise WeightsError(_too_much(model, path, len(surplus), f"tensors, {surplus[0]!r}"))
    else:
        _load_h5(model, path, exact=exact)
    settle(model)


def _too_much(model: keras.Model, path: Path, n: int, what: str) -> str:
    return (
        f"{path.name} holds {n:,} more {what}, that {model.name} has no place for: choose the "
        "architecture that the file is of."
    )


def _read_safetensors(path: Path) -> Tensors:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"{path.name} is not a safetensors file, is damaged, or holds numbers of a kind that "
            f"NumPy lacks: {error}."
        ) from error


def save_safetensors(model: keras.Model, path: Path) -> None:
    """Write the weights of ``model`` so that ``--weights`` reads them back.

    Tensors carry the names of Keras' variable paths (``conv1_conv/kernel``).
    """
    from safetensors.numpy import save_file

    save_file({v.path: np.ascontiguousarray(v.numpy()) for v in model.weights}, path)


def _assign(model: keras.Model, tensors: Tensors, *, origin: str) -> None:
    missing = [v.path for v in model.weights if v.path not in tensors]
    if missing:
        raise WeightsError(
            f"{origin} lacks {len(missing)} of the {len(model.weights)} tensors of {model.name}, "
            f"first {missing[0]!r}. Expected the names of Keras' variable paths."
        )
    for variable in model.weights:
        given = tensors[variable.path]
        if tuple(given.shape) != tuple(variable.shape):
            raise WeightsError(
                f"{origin}: {variable.path} has shape {tuple(given.shape)}, but {model.name} "
                f"needs {tuple(variable.shape)}. A head for other classes needs their names "
                "(--classes FILE)."
            )
    for variable in model.weights:
        variable.assign(tensors[variable.path])


def _packaged(spec: ModelSpec, ref: ModelRef, path: Path, store: Store) -> Tensors:
    """Convert the packaged file once; afterwards it comes from the store."""
    key = content_key({"kind": "weights", "source": weights_sha256(ref), "reader": _READER_VERSION})
    artefact, _ = store.get_or_compute(
        key, lambda: Artefact({"kind": "weights", "model": spec.id}, _convert_lite0(path))
    )
    return artefact.arrays


_NORM = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean",
         "running_var": "moving_variance"}  # fmt: skip
_LITE0_LAYERS = {
    "_conv_stem": "stem", "_bn0": "stem_bn", "_conv_head": "head", "_bn1": "head_bn",
    "_fc": "logits",
}  # fmt: skip
_LITE0_BLOCK = {
    "_expand_conv": "expand", "_bn0": "expand_bn", "_depthwise_conv": "depthwise",
    "_bn1": "depthwise_bn", "_project_conv": "project", "_bn2": "project_bn",
}  # fmt: skip


def _convert_lite0(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Rename and transpose the PyTorch tensors to Keras' variable paths."""
    converted = {}
    for name, values in read_state_dict(path).items():
        *where, layer, kind = name.split(".")
        if kind == "num_batches_tracked":
            continue
        target = f"block{where[1]}_{_LITE0_BLOCK[layer]}" if where else _LITE0_LAYERS[layer]
        if "bn" in layer:
            converted[f"{target}/{_NORM[kind]}"] = values
        elif kind == "bias":
            converted[f"{target}/bias"] = values
        else:
            converted[f"{target}/kernel"] = _to_keras_kernel(values, depthwise="depth" in layer)
    return converted


def _to_keras_kernel(values: npt.NDArray[Any], *, depthwise: bool) -> npt.NDArray[Any]:
    if values.ndim == 2:
        return np.ascontiguousarray(values.T)
    axes = (2, 3, 0, 1) if depthwise else (2, 3, 1, 0)
    return np.ascontiguousarray(values.transpose(axes))


def _download(spec: ModelSpec, path: Path) -> None:
    """Let Keras fetch and check its own file."""
    try:
        getattr(keras.applications, KERAS_APPLICATIONS[spec.id])(weights="imagenet")
    except Exception as error:  # Keras raises a bare Exception when a download fails
        raise WeightsError(
            f"The weights of {spec.id} are not here and could not be downloaded: Keras wants "
            f"{spec.weights_file} in {keras_home() / 'models'}. Put the file there, or "
            "give a file: .weights.h5, .h5 or .safetensors (--weights FILE). The default model, "
            "efficientnet_lite0, needs no network."
        ) from error
    if not path.is_file():
        raise WeightsError(
            f"Keras downloaded no {path.name}; give the file yourself (--weights FILE)."
        )


def _load_h5(model: keras.Model, path: Path, *, exact: bool) -> None:
    legacy, stored = _check_h5(path)
    # Keras only warns about layers that the file lacks and leaves them random: mark them first.
    for variable in model.weights:
        variable.assign(np.full(variable.shape, np.nan, np.float32))
    try:
        with tempfile.TemporaryDirectory(prefix="pellucid-h5-") as folder:
            # Keras tells its two layouts apart by the name alone.
            named = Path(folder) / ("weights.h5" if legacy else "of.weights.h5")
            named.symlink_to(path.resolve())
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model.load_weights(named)
    except (ValueError, KeyError, OSError, TypeError, IndexError) as error:
        first = (str(error).splitlines() or ["no reason given"])[0]
        raise WeightsError(_misfit(model, path, first)) from error
    unfilled = [v.path for v in model.weights if np.isnan(v.numpy()).any()]
    if unfilled:
        raise WeightsError(
            _misfit(
                model,
                path,
                f"{len(unfilled)} tensors are missing or hold no numbers, first {unfilled[0]!r}.",
            )
        )
    if exact and stored > model.count_params():
        raise WeightsError(_too_much(model, path, stored - model.count_params(), "values"))


def _misfit(model: keras.Model, path: Path, reason: str) -> str:
    return (
        f"The weights in {path.name} do not fit {model.name}: {reason} "
        "A head for other classes needs their names (--classes FILE)."
    )


def _check_h5(path: Path) -> tuple[bool, int]:
    """Refuse serialized models, links out of the file, and absurd sizes, before Keras reads.

    Returns
    -------
    legacy : bool
        Whether it has Keras' older layout.
    stored : int
        Numbers with a fraction that belong to layers.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            if "model_config" in file.attrs:
                raise WeightsError(
                    f"{path.name} holds a whole serialized model, which is not opened. Save its "
                    "weights alone: model.save_weights('name.weights.h5')."
                )
            return "layer_names" in file.attrs, _check_contents(file, path.name)
    except OSError as error:
        raise WeightsError(f"{path.name} is not an HDF5 file, or is damaged.") from error


def _check_contents(file: Any, name: str) -> int:
    """Check everything in the file; return how many floating-point numbers belong to layers."""
    import h5py

    waiting = [(file, key, 0) for key in file if key not in _NOT_LAYERS]
    looked, stored = 0, 0
    while waiting:
        group, key, depth = waiting.pop()
        looked += 1
        # A link may lead back into a group above it, or many into the same one.
        if looked > _MAX_ITEMS or depth > _MAX_DEPTH:
            raise WeightsError(f"{name} is nested more deeply than any file of weights.")
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise WeightsError(f"{name} links to other places ({key}); only plain weights.")
        item = group[key]
        if isinstance(item, h5py.Group):
            waiting += [(item, inner, depth + 1) for inner in item]
        elif not isinstance(item, h5py.Dataset) or item.external or item.is_virtual:
            raise WeightsError(f"{name}: {key} is stored elsewhere.")
        elif item.size is None or item.size > _MAX_VALUES:
            raise WeightsError(f"{name}: {key} is absurdly large.")
        elif item.dtype.kind == "f":
            stored += int(item.size)
    return stored
