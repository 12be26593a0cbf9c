"""A model's card, what it predicts, and weights that somebody brings."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal

from core.training.contract.runs import Run
from core.values.basic import Array, Lane, content_key
from core.values.requests import InputRequest
from core.values.results import InputResult

__all__ = ["ImportRequest", "ModelCard", "Origin", "Outputs", "Prediction", "PredictRequest"]

Outputs = Literal["logits", "probabilities", "sigmoid", "binary", "values"]
"""What a model's network ends in; what is explained are logits, or values."""

Origin = Literal["zoo", "shipped", "run", "compressed", "imported"]
"""Where a model comes from."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What the zoo declares about a model.

    ``input_size`` is the side of a square input of three channels, or the whole shape, channels
    last. ``trained_on`` is the dataset of a model that was trained here, ``twin`` the float32 model
    that a compressed one was made of; both ``""`` elsewhere. ``attention``: whether its tokens
    attend to each other over one grid of the picture.
    """

    id: str
    name: str
    input_size: int | tuple[int, ...]
    classes: int
    parameters: int
    feature_layer: str
    layers: tuple[str, ...]
    gradients: bool
    features: bool
    preprocessing: str
    paper: str
    licence: str
    offline: bool
    summary: str
    origin: Origin = "zoo"
    trained_on: str = ""
    twin: str = ""
    modality: str = "picture"
    outputs: Outputs = "logits"
    attention: bool = False

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one input ``(*sites, C)``."""
        size = self.input_size
        return (size, size, 3) if isinstance(size, int) else size

    @property
    def size_text(self) -> str:
        """The input's shape for people: ``224 px``, or ``96 × 128 × 1``."""
        size = self.input_size
        return f"{size} px" if isinstance(size, int) else " × ".join(map(str, size))


@dataclass(frozen=True)
class Prediction(InputResult):
    """What a model says about one input.

    ``logits`` is float32 ``(n_classes,)``; :func:`core.api.ranking` makes probabilities of them.
    """

    logits: Array


@dataclass(frozen=True)
class PredictRequest(InputRequest):
    """Ask for the logits of one picture (the weights' hash of random weights has the seed)."""

    kind: ClassVar[str] = "predict"
    work: ClassVar[str] = "core.models.predict:predict"
    result: ClassVar[type[Prediction]] = Prediction
    lane: Lane = "interactive"


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
