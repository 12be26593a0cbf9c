"""TensorFlow Datasets, where that package is installed: what it has prepared on this machine.

Its records can be read in order only, so the pictures are copied once, as they are encoded there,
into a folder with a table (:mod:`core.data.dataset_cache`), which
:class:`core.data.folder.dataset.Folder` reads.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from core.contracts import DatasetRef, SplitName, content_key
from core.data.base import Dataset, DatasetKind
from core.data.dataset_cache import cached, dataset_cache_root
from core.data.folder.dataset import Folder
from core.data.folder.listing import SPLIT_NAMES
from core.errors import InputError, StoreError
from core.parameters import Parameter, Value
from core.tabular.folder_table import FILE_NAME

__all__ = ["Tfds"]

_VERSION = 1
_INSTALL = "pip install tensorflow_datasets"
_NAME = re.compile(r"[a-z0-9_]+(/[A-Za-z0-9_.\-]+)?(:\d+\.\d+\.\d+)?")
_MANIFEST = "manifest.json"
_HEADS = {b"\xff\xd8": "jpg", b"\x89PNG": "png"}
_OURS = (FILE_NAME, "label", "split", "mask_file_name")
_LONGEST = 64
_MARGIN = 1.1


class _Copy(NamedTuple):
    folder: Path
    sha256: str


class Tfds(DatasetKind):
    """A dataset of pictures that TensorFlow Datasets has prepared."""

    id = "tfds"
    name = "TensorFlow Datasets"
    summary = (
        "A labelled dataset of pictures that the package tensorflow_datasets has prepared on this "
        "machine: tfds:mnist, tfds:beans:0.1.0, tfds:cars196."
    )
    limits = (
        "Nothing is downloaded: prepare it with 'tfds build NAME' (TFDS_DATA_DIR says where). Its "
        "pictures are copied once, so it takes its size on the disk again."
    )
    licence = "The dataset's own."
    source = "the name of a dataset"
    placeholder = "NAME"
    parameters: ClassVar[tuple[Parameter, ...]] = Folder.parameters

    @classmethod
    def needs(cls) -> str:
        """Return the command that installs the package; empty where it is installed."""
        return "" if find_spec("tensorflow_datasets") else _INSTALL

    def open(self, ref: DatasetRef, parameters: Mapping[str, Value]) -> Dataset:
        """Return the dataset; the first opening copies its pictures.

        Raises
        ------
        InputError
            If the package is missing, the name unknown, the dataset not prepared or not one of
            labelled pictures; and as :meth:`core.data.folder.dataset.Folder.open`.
        StoreError
            If there is no room for the copy.
        """
        builder = _builder(ref.source)
        key = _key(builder)
        copy = cached(key, read=_copied, write=partial(_copy, builder))
        opened = Folder().open(DatasetRef(Folder.id, str(copy.folder)), parameters)
        shape = builder.info.features[_image_and_label(builder)[0]].shape
        return replace(
            opened,
            ref=ref,
            fingerprint=content_key({"dataset": self.id, "content": copy.sha256, **parameters}),
            size=shape[0] if shape[0] and shape[0] == shape[1] else 0,
        )

    def stamp(self, ref: DatasetRef) -> str:
        """Return the version that is prepared, and a digest of its splits."""
        return _key(_builder(ref.source))


def _builder(name: str) -> Any:
    if Tfds.needs():
        raise InputError(f"tfds:{name} needs the package tensorflow_datasets: {_INSTALL}.")
    import tensorflow_datasets as tfds

    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} is no name of a dataset. Expected NAME, NAME/CONFIG or NAME:1.0.0."
        )
    try:
        builder = tfds.builder(name)
    except (ValueError, AssertionError) as error:  # an unknown name, config or version
        raise InputError(
            f"TensorFlow Datasets knows no {name!r}: {str(error).splitlines()[0]} See 'tfds build' "
            "and TFDS_DATA_DIR."
        ) from error
    if not builder.is_prepared():
        raise InputError(
            f"{name} is not prepared in {builder.data_path}. Run 'tfds build {name}', which "
            "downloads it, or set TFDS_DATA_DIR to the folder where it is."
        )
    return builder


def _key(builder: Any) -> str:
    """Return what is prepared: another preparation of the same version is another one."""
    prepared = Path(builder.data_path) / "dataset_info.json"
    return content_key(
        {
            "dataset": Tfds.id,
            "version": _VERSION,
            "name": builder.info.full_name,
            "path": str(builder.data_path),
            "changed": prepared.stat().st_mtime_ns,
        }
    )


def _copied(folder: Path) -> _Copy | None:
    try:
        return _Copy(folder, str(json.loads((folder / _MANIFEST).read_bytes())["sha256"]))
    except (FileNotFoundError, ValueError, KeyError):
        return None


def _copy(builder: Any, folder: Path) -> None:
    """Write the pictures, a table of them, and, last, the manifest."""
    import pyarrow
    import pyarrow.parquet

    _check_room(builder)
    image, label = _image_and_label(builder)
    classes = [" ".join(name.split()) for name in builder.info.features[label].names]
    attributes = _attributes(builder, image, label)
    columns: dict[str, list[str]] = {FILE_NAME: [], "label": [], "split": []}
    columns |= {name: [] for name in attributes}
    digest = hashlib.sha256()
    for tfds_split, split in _splits(builder).items():
        (folder / split).mkdir()
        for i, example in enumerate(_examples(builder, tfds_split, image)):
            if example[label] < 0:
                continue  # without a label, as in the test split of a competition
            content: bytes = example[image]
            name = f"{split}/{i:07d}.{_suffix(content)}"
            (folder / name).write_bytes(content)
            digest.update(content)
            columns[FILE_NAME].append(name)
            columns["label"].append(classes[example[label]])
            columns["split"].append(split)
            for attribute, told in attributes.items():
                columns[attribute].append(told(example[attribute]))
    digest.update(json.dumps([classes, columns]).encode())
    (folder / "classes.txt").write_text("".join(f"{name}\n" for name in classes), "utf-8")
    pyarrow.parquet.write_table(pyarrow.table(columns), folder / "metadata.parquet")
    (folder / _MANIFEST).write_text(json.dumps({"sha256": digest.hexdigest()}))


def _check_room(builder: Any) -> None:
    free, needed = shutil.disk_usage(dataset_cache_root()).free, int(builder.info.dataset_size)
    if free < _MARGIN * needed:
        raise StoreError(
            f"{builder.info.full_name} takes {needed / 1e9:.1f} GB, but {dataset_cache_root()} has "
            f"{free / 1e9:.1f} GB left. Free some space, or set PELLUCID_HOME to another folder."
        )


def _image_and_label(builder: Any) -> tuple[str, str]:
    """Return the names of the features that hold the picture and its class."""
    import tensorflow_datasets as tfds

    features = builder.info.features
    images = sorted(k for k, f in features.items() if isinstance(f, tfds.features.Image))
    labels = sorted(k for k, f in features.items() if isinstance(f, tfds.features.ClassLabel))
    named = builder.info.supervised_keys or ()
    image = next((k for k in (*named, "image", *images) if k in images), None)
    label = next((k for k in (*named, "label", *labels) if k in labels), None)
    if image is None or label is None or features[image].np_dtype != np.uint8:
        raise InputError(
            f"{builder.info.full_name} is no dataset of labelled pictures: expected an 8-bit Image "
            f"and a ClassLabel among its features. It has: {', '.join(features)}."
        )
    return image, label


def _attributes(builder: Any, image: str, label: str) -> dict[str, Callable[[Any], str]]:
    """Return how to tell each further feature that is one class, text, whole number or truth."""
    import tensorflow_datasets as tfds

    told: dict[str, Callable[[Any], str]] = {}
    for name, feature in sorted(builder.info.features.items()):
        if name in (image, label, *_OURS) or getattr(feature, "shape", None) != ():
            continue
        if isinstance(feature, tfds.features.ClassLabel):
            told[name] = partial(_name_of, feature.names)
        elif isinstance(feature, tfds.features.Text):
            told[name] = lambda value: value.decode(errors="replace")[:_LONGEST]
        elif np.dtype(feature.np_dtype).kind in "iub":
            told[name] = str
    return told


def _name_of(names: Sequence[str], index: Any) -> str:
    return names[index] if index >= 0 else ""


def _splits(builder: Any) -> dict[str, SplitName]:
    found = {
        name: SPLIT_NAMES[name.lower()]
        for name in builder.info.splits
        if name.lower() in SPLIT_NAMES
    }
    if "train" not in found.values() or len(set(found.values())) < len(found):
        raise InputError(
            f"{builder.info.full_name} has the splits {', '.join(builder.info.splits)}. Expected "
            "train, and at most one validation and one test split."
        )
    return found


def _examples(builder: Any, split: str, image: str) -> Iterator[dict[str, Any]]:
    """Yield the examples in their order, the picture as the bytes of its file."""
    import tensorflow_datasets as tfds

    from core.models.tensorflow import tf

    stored = builder.as_dataset(
        split=split,
        decoders={image: tfds.decode.SkipDecoding()},
        read_config=tfds.ReadConfig(interleave_cycle_length=1),
    )
    try:
        yield from tfds.as_numpy(stored)
    except tf.errors.OpError as error:
        raise InputError(
            f"{builder.info.full_name}, split {split}, cannot be read: {error.message[:200]} "
            "Prepare it again."
        ) from error


def _suffix(content: bytes) -> str:
    return next((suffix for head, suffix in _HEADS.items() if content.startswith(head)), "bin")
