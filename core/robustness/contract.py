"""Robustness: how accuracy falls under attacks, for all and by group."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from core.data.contract import DatasetRef, SplitName
from core.parameters import Value
from core.robustness.attacks.contract import Norm
from core.robustness.checks.contract import CHECKS_VERSION, AttackCheck, Trust, trust_of, verdict_on
from core.values.basic import Array, Lane, content_key
from core.values.codec import Stored
from core.values.requests import ModelRequest
from core.values.results import Result

__all__ = [
    "AdversarialExample", "RobustCurve", "RobustGap", "Robustness", "RobustnessChunk",
    "RobustnessRequest", "RobustPoint",
]  # fmt: skip


@dataclass(frozen=True)
class RobustnessChunk(Stored):
    """What one attack did to some pictures that follow one another.

    Parameters
    ----------
    distances, rounded : ndarray of float32, shape (n,)
        Norm of the smallest perturbation found that breaks the picture, as it is and rounded to
        8 bits; 0 where the model is wrong anyway, infinite where nothing was found.
    shown : ndarray of int64, shape (k,)
        Rows whose adversarial pictures are kept.
    pictures : ndarray of float32, shape (k, H, W, 3)
    answers, clean : ndarray of int64
        Classes that the kept pictures, and all pictures unharmed, are taken for.
    """

    distances: Array
    rounded: Array
    clean: npt.NDArray[np.int64]
    shown: npt.NDArray[np.int64]
    pictures: Array
    answers: npt.NDArray[np.int64]


@dataclass(frozen=True)
class RobustPoint(Stored):
    """Accuracy at one ε, carried: what breaks at ε counts at every larger one.

    Parameters
    ----------
    eps : float
        In pixels of [0, 1].
    accuracy, low, high : float
        With Wilson's 95 % interval, of ``n`` pictures.
    rounded : float or None
        Accuracy when adversarial pictures are rounded to 8 bits towards the original.
    """

    eps: float
    accuracy: float
    low: float
    high: float
    n: int
    rounded: float | None


@dataclass(frozen=True)
class RobustCurve(Stored):
    """Accuracy against ε under one attack, of all pictures or of one group.

    Parameters
    ----------
    attack : str
        An id, or ``"worst_case"``: a picture counts as broken when any attack broke it.
    group : str
        Value of the attribute asked for; ``""`` for all pictures.
    median_distance : float or None
        Of the pictures that the model has right; ``None`` where fewer than half were broken.
    mean_distance : float or None
        Of those that were broken.
    area : float
        Under the curve from 0 to the largest ε, divided by that ε: in [0, 1].
    """

    attack: str
    norm: Norm
    group: str
    control: bool
    points: tuple[RobustPoint, ...]
    median_distance: float | None
    mean_distance: float | None
    area: float


@dataclass(frozen=True)
class RobustGap(Stored):
    """The two groups that differ most at one ε under the worst case, and whether by chance.

    ``p`` is the share of random assignments of the mistakes that make a gap as wide between any
    two groups, Holm-adjusted over the ε. ``low`` and ``high`` are a 95 % interval of the largest
    true gap between any two groups; those of all ε hold at once.
    """

    attribute: str
    eps: float
    best: str
    worst: str
    difference: float
    low: float
    high: float
    p: float

    @property
    def beyond_chance(self) -> bool:
        """Whether chance makes a gap as wide in fewer than 5 % of cases."""
        return self.p < 0.05


@dataclass(frozen=True)
class AdversarialExample(Stored):
    """One input that was broken.

    ``original`` is uint8 ``(H, W, C)`` for pictures; ``adversarial`` float32 of the same shape, as
    the model takes it.
    """

    index: int
    id: str
    attack: str
    distance: float
    label: int
    clean: int
    answer: int
    original: npt.NDArray[np.generic]
    adversarial: Array


@dataclass(frozen=True)
class Robustness(Result):
    """How accuracy falls with ε, for whom, and whether the attacks can be believed.

    Parameters
    ----------
    n : int
        Pictures attacked; fewer than ``asked`` while the work runs or when it was stopped.
    curves : tuple of RobustCurve
        Of each attack, all pictures first, then each group.
    worst_case : tuple of RobustCurve
        Over all attacks but the controls.
    distances : ndarray of float32, shape (n_attacks, n)
        In the order of ``attacks``; see :class:`RobustnessChunk`.
    ids, indices, labels, groups
        Of the n pictures; ``groups`` is empty without ``by``.
    """

    dataset: str
    fingerprint: str
    split: SplitName
    classes: tuple[str, ...]
    asked: int
    n: int
    clean_accuracy: float
    clean_low: float
    clean_high: float
    attacks: tuple[str, ...]
    norm: Norm
    by: str
    curves: tuple[RobustCurve, ...]
    worst_case: tuple[RobustCurve, ...]
    gaps: tuple[RobustGap, ...]
    checks: tuple[AttackCheck, ...]
    examples: tuple[AdversarialExample, ...]
    ids: tuple[str, ...]
    indices: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    groups: tuple[str, ...]
    distances: Array
    seed: int
    command: str
    slice: str = ""

    @property
    def target(self) -> str:
        """What the attacks were after, as the command says it; ``""`` for any wrong class."""
        words = shlex.split(self.command)
        return words[words.index("--target") + 1] if "--target" in words else ""

    @property
    def trust(self) -> Trust:
        """Whether the curve can be believed; a check that could not be made counts against it."""
        return trust_of(self.checks)

    @property
    def trustworthy(self) -> bool:
        """Whether every check of the attacks was made and passed."""
        return self.trust == "believed"

    @property
    def verdict(self) -> str:
        """What the checks say of the curve, with its symbol: the same words wherever it is told."""
        return verdict_on(self.checks)


@dataclass(frozen=True)
class RobustnessRequest(ModelRequest):
    """Ask how accuracy falls with ε.

    Parameters
    ----------
    attacks : dict
        Parameters by attack id, in the order asked for.
    epsilons : tuple of float
        Ascending, without 0; empty for a grid that grows until nothing is left.
    by : str
        Attribute that subgroups are formed by, ``"class"``, or ``""``.
    rounding : bool
        Whether pictures rounded to 8 bits are judged as well.
    checks : bool
        Whether the attacks themselves are examined.
    surrogate : str
        Model whose adversarial pictures are tried on this one; ``""`` for none.
    class_map : tuple of int
        For each class of the dataset its index among the model's.
    slice : str
        Text of the slice whose pictures alone are attacked; ``""`` for the whole split.
    target : str
        What the attacks are after (:mod:`core.robustness.attacks.goals`); ``""``: any wrong class.
    """

    kind: ClassVar[str] = "robustness"
    work: ClassVar[str] = "core.robustness.measure:robustness"
    result: ClassVar[type[Robustness]] = Robustness
    dataset: DatasetRef
    fingerprint: str
    split: SplitName
    limit: int
    attacks: dict[str, dict[str, Value]]
    norm: Norm
    epsilons: tuple[float, ...]
    by: str
    rounding: bool
    checks: bool
    surrogate: str
    class_map: tuple[int, ...]
    lane: Lane = "batch"
    slice: str = ""
    target: str = ""

    def common(self) -> dict[str, Any]:
        """Return what every part of the work depends on, whichever attack it belongs to."""
        return super().parts() | {
            "dataset": self.fingerprint,
            "split": self.split,
            "limit": self.limit,
            "norm": self.norm,
            "epsilons": list(self.epsilons),
            "rounding": self.rounding,
            "class_map": list(self.class_map),
            **({"slice": self.slice} if self.slice else {}),
            **({"target": self.target} if self.target else {}),
            "seed": self.seed,
        }

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        checks = self.checks and CHECKS_VERSION
        own = {"by": self.by, "checks": checks, "surrogate": self.surrogate}
        # A list: the order of the attacks is the order of the curves.
        return self.common() | own | {"attacks": [list(pair) for pair in self.attacks.items()]}

    def chunk_key(self, attack: str, start: int) -> str:
        """Return the key of what ``attack`` did to the pictures from ``start`` on."""
        own = {"attack": attack, "parameters": self.attacks[attack], "start": start}
        return content_key({**self.common(), **own, "kind": "robustness_chunk"})

    @property
    def batch(self) -> str:
        """Each by itself."""
        return self.key

    @cached_property
    def command(self) -> str:
        """The command line that repeats this request."""
        words = ["python", "-m", "core", "robustness", *self.model_text()]
        words += ["--dataset", self.dataset.text, "--split", self.split]
        words += ["--limit", str(self.limit), "--norm", self.norm]
        for attack, parameters in self.attacks.items():
            words += ["--attack", attack]
            for name, value in parameters.items():
                words += ["--param", f"{attack}.{name}={value}"]
        words += ["--eps", ",".join(f"{eps:.9g}" for eps in self.epsilons) or "auto"]
        words += ["--by", self.by] if self.by else []
        words += ["--slice", self.slice] if self.slice else []
        words += ["--target", self.target] if self.target else []
        words += ["--surrogate", self.surrogate] if self.surrogate else []
        words += [] if self.rounding else ["--no-rounding"]
        words += [] if self.checks else ["--no-checks"]
        return shlex.join([*words, "--seed", str(self.seed)])

    def adopt(self, stored: Any) -> Any:
        """Return a stored result as the answer to this request, with this request's command."""
        return replace(super().adopt(stored), dataset=self.dataset.text, command=self.command)
