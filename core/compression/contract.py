"""Smaller models: what asks for one, and what each form declares."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal

from core.data.contract import DatasetRef
from core.modalities.picture.contract import GalleryRef
from core.parameters import Parameter, Value
from core.training.contract.runs import Run
from core.values.basic import Lane, ModelRef, content_key

__all__ = ["CompressionCard", "CompressionForm", "CompressRequest"]

CompressionForm = Literal["float16", "int8", "pruned"]


@dataclass(frozen=True, slots=True)
class CompressionCard:
    """What a form of compression declares about itself.

    Parameters
    ----------
    gradients : bool
        Whether its models keep them; without, only forward passes are left.
    """

    id: CompressionForm
    name: str
    summary: str
    limits: str
    paper: str
    gradients: bool
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True)
class CompressRequest:
    """Ask for a smaller version of a model.

    Parameters
    ----------
    model : ModelRef
        The float32 model, from then on the twin.
    weights_sha256 : str
        Of its weights.
    data : DatasetRef or GalleryRef
        Pictures to calibrate with and to compare on: a dataset, or a plain folder.
    fingerprint : str
        Of their content.
    parameters : dict
        A checked value for every parameter of the form.
    """

    kind: ClassVar[str] = "compress"
    work: ClassVar[str] = "core.compression.compress:compress"
    result: ClassVar[type[Run]] = Run
    durable: ClassVar[bool] = True
    model: ModelRef
    weights_sha256: str
    form: CompressionForm
    data: DatasetRef | GalleryRef
    fingerprint: str
    parameters: dict[str, Value]
    seed: int
    versions: dict[str, str]
    lane: Lane = "training"

    @cached_property
    def key(self) -> str:
        """Content key: the model, the form, the pictures, the seed and the code."""
        return content_key(
            {
                "kind": self.kind,
                "model": self.model.id,
                "weights": self.weights_sha256,
                "form": self.form,
                "data": self.fingerprint,
                "parameters": self.parameters,
                "seed": self.seed,
                "versions": self.versions,
            }
        )

    @property
    def batch(self) -> str:
        """Each by itself."""
        return self.key

    @property
    def model_id(self) -> str:
        """Id of the model in the zoo, once it is made."""
        return f"{self.model.id}_{self.form}_{self.key[:8]}"

    @property
    def data_text(self) -> str:
        """The pictures as ``--dataset`` takes them."""
        return self.data.text if isinstance(self.data, DatasetRef) else self.data.folder

    @cached_property
    def command(self) -> str:
        """The command line that repeats this."""
        words = ["python", "-m", "core", "compress", "--model", self.model.id]
        words += ["--form", self.form, "--dataset", self.data_text]
        for name, value in self.parameters.items():
            words += [f"--{name}", f"{value}"]
        return shlex.join([*words, "--seed", str(self.seed)])

    def adopt(self, stored: Any) -> Any:
        """Return a stored run as the answer to this request."""
        return replace(stored, command=self.command, cached=True)
