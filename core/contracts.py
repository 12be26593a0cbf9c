"""The values that cross rooms and processes: frozen, NumPy and plain Python only.

Requests know their content key; results know how to be stored. Nothing here computes.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt

from core.parameters import Parameter, Value

__all__ = [
    "Array",
    "Artefact",
    "Box",
    "ClassRef",
    "ClassScore",
    "ExplainRequest",
    "Explanation",
    "Geometry",
    "Lane",
    "MethodCard",
    "ModelCard",
    "ModelInput",
    "ModelRef",
    "Parameter",
    "Picture",
    "PredictRequest",
    "Prediction",
    "Request",
    "Result",
    "Value",
    "content_key",
]

Array = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
Geometry = Literal["crop", "squash", "letterbox"]
Lane = Literal["interactive", "batch"]


def content_key(parts: Mapping[str, Any]) -> str:
    """Return the SHA-256 (64 hex digits) of ``parts`` as canonical JSON."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Artefact:
    """What the store keeps: one JSON document and named arrays."""

    document: dict[str, Any]
    arrays: dict[str, npt.NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the original picture, in its pixels; may reach outside (letterbox)."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Picture:
    """A decoded picture: uint8 RGB ``(H, W, 3)``, upright.

    Parameters
    ----------
    name : str
        File name as given; a stranger's text, to be escaped where it is shown.
    pixels : ndarray of uint8, shape (H, W, 3)
    format : str
        The format found in the bytes, for example ``"PNG"``.
    notes : tuple of str
        What was done to it ("alpha laid over white"), one sentence each.
    """

    name: str
    pixels: Pixels
    format: str = "array"
    notes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])

    @cached_property
    def sha256(self) -> str:
        """Hash of size and pixels: two files with equal pixels share it."""
        head = f"{self.height}x{self.width}:".encode()
        return hashlib.sha256(head + np.ascontiguousarray(self.pixels).tobytes()).hexdigest()


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Which model, with which weights and class names.

    Parameters
    ----------
    id : str
        An id of the zoo.
    weights : str
        ``"pretrained"``, ``"random"`` or the path of a weights file.
    classes : str, optional
        Path of a text file with one class name a line.
    """

    id: str
    weights: str = "pretrained"
    classes: str | None = None


@dataclass(frozen=True, slots=True)
class ClassRef:
    """A class of the model: index and name."""

    index: int
    label: str


@dataclass(frozen=True, slots=True)
class ClassScore:
    """A class with its softmax probability in [0, 1]."""

    index: int
    label: str
    probability: float


@dataclass(frozen=True)
class ModelInput:
    """A picture as the model sees it.

    ``pixels`` is uint8 ``(h, w, 3)`` at the model's own size; ``box`` says which part of the
    original (``width`` × ``height``) it shows.
    """

    name: str
    pixels: Pixels
    box: Box
    geometry: Geometry
    width: int
    height: int
    image_sha256: str

    @cached_property
    def sha256(self) -> str:
        """Hash of the pixels the model sees."""
        return hashlib.sha256(np.ascontiguousarray(self.pixels).tobytes()).hexdigest()

    def tensor(self) -> Array:
        """Return float32 ``(h, w, 3)`` in [0, 1]."""
        return self.pixels.astype(np.float32) / np.float32(255)


@dataclass(frozen=True)
class _Stored:
    """Save and load by field: arrays into the npz, everything else into the JSON."""

    def to_artefact(self) -> Artefact:
        """Return the document and the arrays that :meth:`from_artefact` reads back."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        arrays = {name: v for name, v in values.items() if isinstance(v, np.ndarray)}
        document = {
            name: asdict(v) if hasattr(v, "__dataclass_fields__") else v
            for name, v in values.items()
            if name not in arrays
        }
        return Artefact(document, arrays)

    @classmethod
    def from_artefact(cls, artefact: Artefact) -> Self:
        """Rebuild the value; unknown fields are an error, so that formats do not drift."""
        values: dict[str, Any] = {**artefact.document, **artefact.arrays}
        for name, kind in _NESTED.items():
            if isinstance(values.get(name), dict):
                values[name] = kind(**values[name])
        return cls(**values)


_NESTED: dict[str, type] = {"box": Box, "target": ClassRef, "against": ClassRef}


@dataclass(frozen=True)
class Prediction(_Stored):
    """What a model says about one picture.

    ``logits`` is float32 ``(n_classes,)``; :func:`core.api.ranking` makes probabilities of them.
    ``seconds`` is the time the work took when it was computed.
    """

    key: str
    model: str
    weights_sha256: str
    device: str
    image: str
    image_sha256: str
    width: int
    height: int
    box: Box
    geometry: str
    logits: Array
    seconds: float
    versions: dict[str, str]
    cached: bool = False


@dataclass(frozen=True)
class Explanation(_Stored):
    """An attribution map and everything needed to judge and to repeat it.

    Parameters
    ----------
    map : ndarray of float32, shape (h, w)
        At the model's input size, signed where the method is signed, never normalised.
    logit : float
        The explained quantity f(x): the target's logit, or the difference of two logits.
    completeness_error : float or None
        |Σ map − (f(x) − f(baseline))| / |f(x) − f(baseline)| for methods that promise completeness.
    diagnostics : dict
        Figures of the method, such as the baseline's f, the passes spent, the summed defect.
    command : str
        The command line that reproduces the map.
    """

    key: str
    model: str
    weights_sha256: str
    device: str
    image: str
    image_sha256: str
    width: int
    height: int
    box: Box
    geometry: str
    method: str
    parameters: dict[str, Value]
    layer: str | None
    target: ClassRef
    against: ClassRef | None
    seed: int
    signed: bool
    map: Array
    logit: float
    completeness_error: float | None
    diagnostics: dict[str, float | int | str | bool]
    seconds: float
    versions: dict[str, str]
    command: str
    cached: bool = False


Result = Prediction | Explanation


@dataclass(frozen=True)
class _Asked:
    """What every request about one picture and one model depends on."""

    kind: ClassVar[str]
    model: ModelRef
    weights_sha256: str
    input: ModelInput
    versions: dict[str, str]
    seed: int

    def _parts(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "model": self.model.id,
            "weights": self.weights_sha256,
            "classes": self.model.classes,
            "input": self.input.sha256,
            "image": self.input.image_sha256,
            "geometry": self.input.geometry,
            "versions": self.versions,
        }

    @property
    def batch(self) -> str:
        """What requests must share to be computed in one call; pictures and targets may differ."""
        return content_key({"kind": self.kind, "model": asdict(self.model), "seed": self.seed})

    def adopt(self, stored: Any) -> Any:
        """Return a stored result as the answer to this request.

        Equal pixels share a key, so the result may have been made for another visitor's file: its
        name must not be shown here.
        """
        return replace(stored, image=self.input.name, cached=True)


@dataclass(frozen=True)
class PredictRequest(_Asked):
    """Ask for the logits of one picture."""

    kind: ClassVar[str] = "predict"
    lane: Lane = "interactive"

    @cached_property
    def key(self) -> str:
        """Content key: everything the logits depend on (random weights carry the seed)."""
        return content_key(self._parts())


@dataclass(frozen=True)
class ExplainRequest(_Asked):
    """Ask for one map of one picture.

    ``target`` is ``None`` for the class the model predicts; ``against`` turns the explained
    quantity into logit(target) − logit(against). ``layer`` is ``None`` for the declared one.
    """

    kind: ClassVar[str] = "explain"
    method: str
    parameters: dict[str, Value]
    target: int | None
    against: int | None
    layer: str | None
    lane: Lane = "interactive"

    @cached_property
    def key(self) -> str:
        """Content key: everything the map depends on."""
        return content_key(
            self._parts()
            | {
                "method": self.method,
                "parameters": self.parameters,
                "target": self.target,
                "against": self.against,
                "layer": self.layer,
                "seed": self.seed,
            }
        )

    @property
    def batch(self) -> str:
        """Of maps: the method, its parameters and the layer as well."""
        own = {"method": self.method, "parameters": self.parameters, "layer": self.layer}
        return content_key({"above": super().batch, **own})

    def adopt(self, stored: Any) -> Any:
        """Return a stored map as the answer to this request, with this request's command."""
        return replace(super().adopt(stored), command=self.command(stored.target.index))

    def command(self, target: int) -> str:
        """Return the command line that repeats this request for the class ``target``."""
        words = ["python", "-m", "core", "explain", self.input.name]
        words += ["--model", self.model.id, "--method", self.method, "--target", str(target)]
        if self.model.weights != "pretrained":
            words += ["--weights", self.model.weights]
        if self.model.classes is not None:
            words += ["--classes", self.model.classes]
        if self.against is not None:
            words += ["--against", str(self.against)]
        if self.layer is not None:
            words += ["--layer", self.layer]
        for name, value in self.parameters.items():
            words += ["--param", f"{name}={value}"]
        words += ["--geometry", self.input.geometry, "--seed", str(self.seed), "--out", "maps"]
        return shlex.join(words)


Request = PredictRequest | ExplainRequest


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What the zoo declares about a model."""

    id: str
    name: str
    input_size: int
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


@dataclass(frozen=True, slots=True)
class MethodCard:
    """What a saliency method declares about itself."""

    id: str
    name: str
    summary: str
    limits: str
    paper: str
    signed: bool
    uses_layer: bool
    needs_gradients: bool
    slow: bool
    parameters: tuple[Parameter, ...]
