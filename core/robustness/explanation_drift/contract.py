"""One picture under an attack of growing ε: prediction, map and evidence at every step."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from core.parameters import Value
from core.robustness.attacks.contract import Norm
from core.values.basic import Array, ClassRef, ClassScore, Lane
from core.values.codec import Stored
from core.values.requests import InputRequest
from core.values.results import InputResult

__all__ = ["ExplanationDrift", "ExplanationDriftRequest", "ExplanationStep"]


@dataclass(frozen=True)
class ExplanationStep(Stored):
    """Prediction, map and evidence at one ε.

    Parameters
    ----------
    eps : float
        In pixels of [0, 1]; 0 is the picture as it is.
    distance : float
        Norm of the change, at most ``eps``.
    top : tuple of ClassScore
        The likeliest classes.
    predicted_probability, target_probability : float
        Of the class predicted for the picture as it is, and of the explained one.
    spearman, ssim, overlap : float or None
        Likeness of the map to that at ε = 0: rank correlation, SSIM, and intersection over union
        of the highest tenths; ``None`` where a map is the same everywhere.
    deletion, insertion : float
        Areas under the curves of the map at this ε on the picture at this ε, for the explained
        class: whether the map still points at what the model uses.
    """

    eps: float
    distance: float
    top: tuple[ClassScore, ...]
    predicted_probability: float
    target_probability: float
    spearman: float | None
    ssim: float | None
    overlap: float | None
    deletion: float
    insertion: float


@dataclass(frozen=True)
class ExplanationDrift(InputResult):
    """How prediction, map and evidence change together; n steps, of which number 0 is unharmed.

    Parameters
    ----------
    predicted : ClassRef
        The class that the attack works against.
    target : ClassRef
        The class that all maps explain.
    steps : tuple of ExplanationStep
    frames : ndarray of float32, shape (n, h, w, 3)
        What the model saw, in [0, 1].
    maps : ndarray of float32, shape (n, h, w)
        Raw.
    flip : int or None
        First step whose winner is another class.
    protocol : str
        How deletion and insertion were measured.
    words : str
        One sentence: when the decision turned, and how far the map had moved by then.
    """

    attack: str
    attack_parameters: dict[str, Value]
    norm: Norm
    method: str
    parameters: dict[str, Value]
    layer: str | None
    predicted: ClassRef
    target: ClassRef
    signed: bool
    seed: int
    steps: tuple[ExplanationStep, ...]
    frames: Array
    maps: Array
    flip: int | None
    protocol: str
    words: str
    command: str


@dataclass(frozen=True)
class ExplanationDriftRequest(InputRequest):
    """Ask how prediction, map and evidence of one picture change as an attack may do more.

    Parameters
    ----------
    attack : str
        Id; it works against the class that the model predicts for the picture as it is.
    attack_parameters : dict
    norm : {"linf", "l2", "l1", "area"}
    epsilons : tuple of float
        Ascending, without 0.
    method : str
        Id of the method whose map is followed.
    parameters : dict
    target : int or None
        The class explained at every ε; ``None`` for the one predicted for the picture as it is.
    layer : str or None
    towards : str
        What the attack is after (:mod:`core.robustness.attacks.goals`); ``""`` for any other class.
    """

    kind: ClassVar[str] = "explanation_drift"
    work: ClassVar[str] = "core.robustness.explanation_drift.drift:explanation_drift"
    result: ClassVar[type[ExplanationDrift]] = ExplanationDrift
    attack: str
    attack_parameters: dict[str, Value]
    norm: Norm
    epsilons: tuple[float, ...]
    method: str
    parameters: dict[str, Value]
    target: int | None
    layer: str | None
    lane: Lane = "batch"
    towards: str = ""

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        return super().parts() | {
            "attack": self.attack,
            "attack_parameters": self.attack_parameters,
            "norm": self.norm,
            "epsilons": list(self.epsilons),
            "method": self.method,
            "parameters": self.parameters,
            "target": self.target,
            "layer": self.layer,
            **({"towards": self.towards} if self.towards else {}),
            "seed": self.seed,
        }

    @property
    def batch(self) -> str:
        """Each picture by itself."""
        return self.key

    def adopt(self, stored: Any) -> Any:
        """Return a stored result as the answer to this request, with this request's command."""
        return replace(super().adopt(stored), command=self.command(stored.target.index))

    def command(self, target: int) -> str:
        """Return the command line that repeats this request for the class ``target``."""
        words = ["python", "-m", "core", "attack", self.input.name, *self.model_text()]
        words += ["--attack", self.attack, "--norm", self.norm]
        words += ["--eps", ",".join(f"{eps:.9g}" for eps in self.epsilons)]
        for name, value in self.attack_parameters.items():
            words += ["--attack-param", f"{name}={value}"]
        words += ["--towards", self.towards] if self.towards else []
        words += ["--method", self.method, "--target", str(target)]
        if self.layer is not None:
            words += ["--layer", self.layer]
        for name, value in self.parameters.items():
            words += ["--param", f"{name}={value}"]
        words += [*self.input.options(), "--seed", str(self.seed)]
        return shlex.join(words)
