"""What is told of a model of one's own, and what may be said about it."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import PurePath
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from core.models.contract import Outputs
from core.training.contract.runs import Run
from core.values.basic import Array, ClassScore, Lane, OutputValue, content_key
from core.values.results import Result

__all__ = [
    "ModelChoices", "ModelCheck", "ModelFacts", "ModelLook", "ModelLookRequest", "OwnModelRequest",
    "PreprocessingTrial", "TriedPicture",
]  # fmt: skip


@dataclass(frozen=True)
class ModelChoices:
    """What the owner says of a model's file; whatever is left out is read from the file.

    Parameters
    ----------
    size : tuple of int, optional
        Height and width of its input, where the file leaves them free.
    range : str
        What pixels are scaled to before the model sees them: ``"0-1"``, ``"0-255"``, ``"-1-1"``,
        ``"imagenet"`` (mean and deviation of each channel), ``"caffe"`` (BGR without its mean) or
        ``"auto"``.
    order : {"rgb", "bgr"}, optional
    output : str
        Name of the output, where there are several.
    kind : str
        What it ends in: ``"logits"``, ``"probabilities"``, ``"sigmoid"``, ``"values"``, or ``""``.
    classes : tuple of str
        One name an output; two for one sigmoid.
    layout : {"", "hwc", "chw"}
        Whether channels come last or first, where the shape does not tell.
    """

    size: tuple[int, int] | None = None
    range: str = "auto"
    order: Literal["rgb", "bgr"] | None = None
    output: str = ""
    kind: Outputs | Literal[""] = ""
    classes: tuple[str, ...] = ()
    layout: Literal["hwc", "chw", ""] = ""

    def document(self) -> dict[str, Any]:
        """Return what keys are made of: choices that came later only where they are made."""
        said = asdict(self)
        if not self.layout:
            del said["layout"]
        return said


@dataclass(frozen=True)
class ModelCheck:
    """One thing that was checked of a model's file.

    Parameters
    ----------
    id : str
    ok : bool
        Whether it holds; a model is taken with checks that do not hold if they are doubts alone.
    note : str
        One sentence.
    """

    id: str
    ok: bool
    note: str


@dataclass(frozen=True)
class PreprocessingTrial:
    """How often a model is right if pictures are prepared in one way.

    Parameters
    ----------
    range, order, geometry : str
    accuracy, low, high : float
        Share of ``n`` pictures, with Wilson's 95 % interval.
    n : int
    """

    range: str
    order: Literal["rgb", "bgr"]
    geometry: str
    accuracy: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class ModelFacts:
    """What was understood of a model's file.

    Parameters
    ----------
    name, format : str
        Of the file: its name; ``"keras"``, ``"keras-h5"``, ``"onnx"``, ``"tflite"``,
        ``"openvino"`` or ``"saved_model"``.
    height, width, channels : int
    range, order : str
        How pixels are scaled before the model sees them, and the order of its channels.
    kind : str
        What the network ends in.
    classes : tuple of str
    named : bool
        Whether the names were given, or are numbers.
    gradients, features : bool
    attention : bool
        Whether its tokens pay attention to each other over one grid of the picture.
    layers : tuple of str
        That maps can read, shallow to deep.
    feature_layer : str
        The default among them; ``""`` for none.
    n_parameters : int
    checks : tuple of ModelCheck
    preprocessing : tuple of PreprocessingTrial
        What labelled pictures say of each way to prepare them: first the one that was chosen on
        one half of them, the numbers from the other half; empty without.
    layout : {"hwc", "chw"}
        Whether channels come last or first in what the file takes.
    """

    name: str
    format: str
    file_sha256: str
    height: int
    width: int
    channels: int
    range: str
    order: str
    output: str
    outputs: tuple[str, ...]
    kind: Outputs
    classes: tuple[str, ...]
    named: bool
    gradients: bool
    features: bool
    layers: tuple[str, ...]
    feature_layer: str
    n_parameters: int
    checks: tuple[ModelCheck, ...]
    preprocessing: tuple[PreprocessingTrial, ...] = ()
    layout: str = "hwc"
    attention: bool = False

    def document(self) -> dict[str, Any]:
        """Return the facts as the command line prints them."""
        return {
            "model": self.name,
            "format": self.format,
            "input": {
                "height": self.height, "width": self.width, "channels": self.channels,
                "range": self.range, "order": self.order, "layout": self.layout,
            },
            "output": {
                "name": self.output, "names": list(self.outputs), "kind": self.kind,
                "classes": list(self.classes), "named": self.named,
            },
            "capabilities": {
                "gradients": self.gradients, "features": self.features,
                "attention": self.attention,
            },
            "feature_layer": self.feature_layer or None,
            "layers": list(self.layers),
            "parameters": self.n_parameters,
            "checks": [asdict(each) for each in self.checks],
            "preprocessing": [asdict(each) for each in self.preprocessing],
        }  # fmt: skip


@dataclass(frozen=True)
class TriedPicture:
    """What a model says of one picture before it is taken in, and one map of it.

    Parameters
    ----------
    name : str
        The picture's; a stranger's text.
    truth : str
        Its class where labelled pictures came along, else ``""``.
    pixels : ndarray of uint8, shape (H, W, C)
        As the model sees it.
    scores : tuple of ClassScore or OutputValue
        The likeliest classes, or the values.
    method : str
        Of the map: ``"gradcam"``, or ``"occlusion"`` where there is no feature layer.
    map : ndarray of float32, shape (H, W)
        Of the likeliest class.
    signed : bool
    """

    name: str
    truth: str
    pixels: npt.NDArray[np.uint8]
    scores: tuple[ClassScore | OutputValue, ...]
    method: str
    map: Array
    signed: bool


@dataclass(frozen=True)
class ModelLook(Result):
    """What was understood of a model's file, and what it says of one picture.

    Parameters
    ----------
    facts : ModelFacts
    tried : TriedPicture or None
        Without a picture none.
    """

    facts: ModelFacts
    tried: TriedPicture | None


@dataclass(frozen=True)
class ModelLookRequest:
    """Ask what a model's file holds, before it is taken in.

    Parameters
    ----------
    file, file_sha256 : str
        Where it lies, and what it held when this was asked.
    choices : ModelChoices
    samples, samples_fingerprint : str
        A dataset's reference and what it held; ``""`` for none.
    picture, picture_sha256 : str
        Path of a picture to try it on, and what it held; ``""``: the first labelled one, if any.
    """

    kind: ClassVar[str] = "model-look"
    work: ClassVar[str] = "core.own_models.look:look"
    result: ClassVar[type[ModelLook]] = ModelLook
    durable: ClassVar[bool] = False
    file: str
    file_sha256: str
    choices: ModelChoices
    versions: dict[str, str]
    samples: str = ""
    samples_fingerprint: str = ""
    picture: str = ""
    picture_sha256: str = ""
    lane: Lane = "interactive"

    @cached_property
    def key(self) -> str:
        """Content key: what the files hold, not where they lie."""
        return content_key(
            {
                "kind": self.kind, "version": 1, "file": self.file_sha256,
                "choices": asdict(self.choices), "samples": self.samples_fingerprint,
                "picture": self.picture_sha256, "versions": self.versions,
            }
        )  # fmt: skip

    @property
    def batch(self) -> str:
        """Each by itself."""
        return self.key

    def adopt(self, stored: ModelLook) -> ModelLook:
        """Return what was found before, under the name that the file has now."""
        name = PurePath(self.file).name
        return replace(stored, cached=True, facts=replace(stored.facts, name=name))


@dataclass(frozen=True)
class OwnModelRequest:
    """Ask for a model of one's own to be taken in from its file.

    Parameters
    ----------
    name : str
        For people; a stranger's text.
    file, file_sha256 : str
        Where it lies, and what it held when this was asked.
    choices : ModelChoices
        With nothing left open that labelled pictures decided.
    """

    kind: ClassVar[str] = "own-model"
    work: ClassVar[str] = "core.own_models.work:take_in"
    result: ClassVar[type[Run]] = Run
    durable: ClassVar[bool] = True
    name: str
    file: str
    file_sha256: str
    choices: ModelChoices
    versions: dict[str, str]
    lane: Lane = "batch"
    facts: dict[str, str] = field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        """Content key: the file and how it is read; not the name, nor where it lies."""
        return content_key(
            {"kind": self.kind, "file": self.file_sha256, "choices": self.choices.document()}
        )

    @property
    def batch(self) -> str:
        """Each by itself."""
        return self.key

    @property
    def model_id(self) -> str:
        """Id of the model, once it is there."""
        return f"own_{self.key[:12]}"

    @cached_property
    def command(self) -> str:
        """The command line that repeats this, with the file and the names at hand."""
        given = self.choices
        words = ["python", "-m", "core", "import", "FILE", "--name", self.name]
        words += ["--classes", "names.txt"] if given.classes else []
        words += ["--range", given.range] if given.range != "auto" else []
        words += ["--order", given.order] if given.order else []
        words += ["--size", "x".join(map(str, given.size))] if given.size else []
        words += ["--output", given.output] if given.output else []
        words += ["--kind", given.kind] if given.kind else []
        words += ["--layout", given.layout] if given.layout else []
        words += ["--trusted"] if "trusted" in self.facts else []
        return shlex.join(words)

    def adopt(self, stored: Run) -> Run:
        """Return the run that this file became before."""
        return replace(stored, cached=True)
