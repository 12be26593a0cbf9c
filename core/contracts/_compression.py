"""Compression and import: what is asked for; what comes of both is a :class:`Run`."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal

from core.contracts._datasets import DatasetRef
from core.contracts._examples import GalleryRef
from core.contracts._training import Run
from core.contracts._values import Lane, ModelRef, content_key
from core.parameters import Parameter, Value

__all__ = ["CompressRequest", "CompressionCard", "CompressionForm", "ImportRequest"]

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


@dataclass(frozen=True)
class ImportRequest:
    """Ask for weights that somebody brought to become a model of the zoo.

    Parameters
    ----------
    name : str
        For people; a stranger's text.
    architecture : str
        Id of what the weights go into.
    file : str
        Where they were put, in this home.
    file_sha256 : str
    classes : tuple of str
        One name a logit; a stranger's text.
    """

    kind: ClassVar[str] = "import"
    work: ClassVar[str] = "core.models.importing:import_models"
    result: ClassVar[type[Run]] = Run
    durable: ClassVar[bool] = True
    name: str
    architecture: str
    file: str
    file_sha256: str
    classes: tuple[str, ...]
    input_size: int
    versions: dict[str, str]
    lane: Lane = "batch"

    @cached_property
    def key(self) -> str:
        """Content key: the weights and what they go into; not the name, nor where they lie."""
        own = asdict(self)
        return content_key(
            {"kind": self.kind}
            | {k: own[k] for k in ("architecture", "file_sha256", "classes", "input_size")}
        )

    @property
    def batch(self) -> str:
        """Each by itself."""
        return self.key

    @property
    def model_id(self) -> str:
        """Id of the model in the zoo, once it is there."""
        return f"imported_{self.architecture}_{self.key[:8]}"

    @cached_property
    def command(self) -> str:
        """The command line that repeats this, with the file and the names at hand."""
        words = ["python", "-m", "core", "import", "FILE", "--architecture", self.architecture]
        words += ["--classes", "names.txt", "--input-size", str(self.input_size)]
        return shlex.join([*words, "--name", self.name])

    def adopt(self, stored: Any) -> Any:
        """Return the run that these weights became before."""
        return replace(stored, cached=True)
