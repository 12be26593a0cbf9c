"""Datasets: how one is named, what it offers, and what a model says about all of its pictures."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, get_args
from urllib.parse import quote, urlencode

import numpy as np
import numpy.typing as npt

from core.parameters import Parameter, Value
from core.values.basic import Array, Lane
from core.values.codec import Stored
from core.values.requests import ModelRequest
from core.values.results import Result

__all__ = [
    "DEFAULT_DATASET",
    "SPLITS",
    "DatasetCard",
    "DatasetPredictRequest",
    "DatasetPredictions",
    "DatasetRef",
    "Evaluation",
    "GroupCount",
    "SplitName",
]

DEFAULT_DATASET = "portraits"
SplitName = Literal["train", "validation", "test"]
SPLITS: tuple[SplitName, ...] = get_args(SplitName)


@dataclass(frozen=True, slots=True)
class DatasetRef:
    """Which dataset: ``id[:source][?name=value&…]``.

    Parameters
    ----------
    id : str
        An id of the registry: ``portraits``, ``cifar10``, ``folder``, ``tfds``.
    source : str
        What the id needs beside: a folder, an archive, a name; ``""`` for none.
    parameters : tuple of (name, value)
        Those that differ from their defaults, in the order of the specs.

    Examples
    --------
    >>> DatasetRef("portraits", parameters=(("bias", 0.9),)).text
    'portraits?bias=0.9'
    """

    id: str
    source: str = ""
    parameters: tuple[tuple[str, Value], ...] = ()

    @property
    def text(self) -> str:
        """The reference as one word: what ``--dataset`` takes and addresses hold."""
        source = f":{quote(self.source, safe='/~.-_ ')}" if self.source else ""
        query = urlencode([(name, _plain(value)) for name, value in self.parameters])
        return f"{self.id}{source}" + (f"?{query}" if query else "")


def _plain(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value}"


@dataclass(frozen=True, slots=True)
class DatasetCard:
    """What the registry declares about a dataset.

    Parameters
    ----------
    usage : str
        How one is named: ``folder:PATH``.
    source : str
        What must stand behind the colon, in words; ``""`` if nothing may.
    optional_source : bool
        Whether it may be left out.
    masks : bool
        Whether each picture comes with the pixels of its object.
    groups : tuple of str
        Attributes that subgroups can be formed by, as far as they are known beforehand.
    needs : str
        The command that installs what it lacks here; empty where it can be opened.
    modality : str
        Kind of its sources.
    """

    id: str
    name: str
    summary: str
    limits: str
    licence: str
    usage: str
    source: str
    optional_source: bool
    masks: bool
    groups: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    needs: str = ""
    modality: str = "picture"


@dataclass(frozen=True)
class DatasetPredictions(Result):
    """What a model says about every picture of a split.

    Parameters
    ----------
    classes : tuple of str
        The dataset's in its order, then what else the model tells apart.
    ids : tuple of str
        Name of each of the n pictures, unique in the split; a stranger's text.
    labels : ndarray of int64, shape (n,)
        Index of the true class.
    probabilities : ndarray of float32, shape (n, n_classes)
        Softmax.
    groups : dict
        For each attribute the value of each picture.
    notes : tuple of str
        How the dataset's labels and attributes were read, and what was left out.
    """

    dataset: str
    fingerprint: str
    split: SplitName
    classes: tuple[str, ...]
    ids: tuple[str, ...]
    labels: npt.NDArray[np.int64]
    probabilities: Array
    groups: dict[str, tuple[str, ...]]
    command: str
    notes: tuple[str, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class DatasetPredictRequest(ModelRequest):
    """Ask what a model says about every picture of a split.

    Parameters
    ----------
    class_map : tuple of int
        For each class of the dataset its index among the model's; empty where both name the same
        classes in the same order.
    """

    kind: ClassVar[str] = "predict_dataset"
    work: ClassVar[str] = "core.data.predictions:predict_dataset"
    result: ClassVar[type[DatasetPredictions]] = DatasetPredictions
    dataset: DatasetRef
    fingerprint: str
    split: SplitName
    limit: int | None = None
    class_map: tuple[int, ...] = ()
    lane: Lane = "batch"

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        own = {"dataset": self.fingerprint, "split": self.split, "limit": self.limit}
        matched = {"class_map": list(self.class_map)} if self.class_map else {}
        return super().parts() | own | matched

    @property
    def batch(self) -> str:
        """Each split by itself."""
        return self.key

    @cached_property
    def command(self) -> str:
        """The command line that repeats this request."""
        words = ["python", "-m", "core", "predict", *self.model_text()]
        words += ["--dataset", self.dataset.text, "--split", self.split]
        if self.limit is not None:
            words += ["--limit", str(self.limit)]
        return shlex.join([*words, "--out", "predictions.parquet"])

    def adopt(self, stored: Any) -> Any:
        """Return a stored result as the answer to this request, with this request's command."""
        return replace(super().adopt(stored), dataset=self.dataset.text, command=self.command)


@dataclass(frozen=True)
class GroupCount(Stored):
    """Of the ``n`` pictures whose ``attribute`` is ``group``, how many were classified right."""

    attribute: str
    group: str
    n: int
    correct: int


@dataclass(frozen=True)
class Evaluation(Stored):
    """How a model does on a split.

    Parameters
    ----------
    loss : float
        Mean cross-entropy, in nats.
    accuracy, balanced_accuracy : float
        In [0, 1]; the balanced one is the mean over the classes that occur.
    confusion : tuple of tuple of int
        Row: true class; column: predicted class.
    groups : tuple of GroupCount
    """

    split: SplitName
    n: int
    loss: float
    accuracy: float
    balanced_accuracy: float
    confusion: tuple[tuple[int, ...], ...]
    groups: tuple[GroupCount, ...] = ()
