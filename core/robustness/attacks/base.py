"""What every attack is: its declaration, and one verb, ``perturb``.

Attacks are NumPy over the compiled passes of a :class:`Passes`; none of them imports TensorFlow.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

import numpy as np
import numpy.typing as npt

from core.contracts import Array, AttackCard, Norm
from core.declared import card_of
from core.modalities.capabilities import Needs
from core.parameters import Parameter, Value
from core.robustness.norms import Ball, ball

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["Attack", "Hits", "Labels", "LossName", "Passes", "Problem", "Rows"]

Labels = npt.NDArray[np.int64]
Rows = npt.NDArray[np.intp]
Hits = npt.NDArray[np.bool_]
_TINY = 1e-12
LossName = Literal["ce", "ce_targeted", "margin", "margin_targeted", "dlr", "dlr_targeted"]


class Passes(Protocol):
    """What attacks ask of a model (:class:`core.robustness.passes.AttackPasses`)."""

    n_classes: int

    def logits(self, batch: Array) -> Array:
        """Return logits ``(N, n_classes)``."""

    def gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Return logits and the gradient of ``directions · logits`` in the pixels."""

    def ascent(
        self, batch: Array, loss: LossName, labels: Labels, targets: Labels | None = None
    ) -> tuple[Array, Array, Array]:
        """Return logits, each picture's loss, and the gradient to climb it."""


@dataclass(frozen=True)
class Problem:
    """What is to be broken: N pictures, within ``eps`` of each.

    Parameters
    ----------
    passes : Passes
        The model.
    inputs : ndarray of float32, shape (N, H, W, 3)
        Pixels in [0, 1].
    labels : ndarray of int64, shape (N,)
        The true classes.
    norm : {"linf", "l2", "l1", "area"}
    eps : float
        Radius, in pixels of [0, 1]; attacks that look for the least perturbation ignore it.
    ids : ndarray of int64, shape (N,)
        A number for each picture: what is drawn for it depends on this and the seed, and not on
        the pictures beside it.
    seed : int
    control : Control
        Attacks call ``check`` between passes.
    targets : ndarray of int64, shape (N,), optional
        The classes that the pictures shall be taken for; any wrong one by default.
    k : int
        Without targets, a picture is broken when its true class is not among the ``k`` likeliest.
    """

    passes: Passes
    inputs: Array
    labels: Labels
    norm: Norm
    eps: float
    ids: Labels
    seed: int
    control: Control
    targets: Labels | None = None
    k: int = 1

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def ball(self) -> Ball:
        """The norm's geometry."""
        return ball(self.norm)

    @property
    def radii(self) -> Array:
        """ε for each picture, float64 ``(N,)``."""
        return np.full(len(self), self.eps)  # type: ignore[return-value]

    def only(self, rows: Rows) -> Problem:
        """Return the same for some of the pictures."""
        targets = None if self.targets is None else self.targets[rows]
        return replace(
            self, inputs=self.inputs[rows], labels=self.labels[rows], ids=self.ids[rows],
            targets=targets,
        )  # fmt: skip

    def broken(self, logits: Array) -> Hits:
        """Return which pictures are taken for what they are not (or for their target)."""
        if self.targets is not None:
            return np.asarray(logits.argmax(axis=1) == self.targets)
        return self.wrong(logits)

    def wrong(self, logits: Array) -> Hits:
        """Return which true classes are not among the ``k`` likeliest."""
        if self.k == 1:
            return np.asarray(logits.argmax(axis=1) != self.labels)
        ranked = np.argsort(-logits, axis=1, kind="stable")[:, : self.k]
        return ~(ranked == self.labels[:, None]).any(axis=1)

    def margin(self, logits: Array) -> Array:
        """Return how far each picture is from being broken, in logits: below 0 it is."""
        aims = self.labels if self.targets is None else self.targets
        rows = np.arange(len(logits))
        others = logits.astype(np.float64)
        others[rows, aims] = -np.inf
        rival = others.max(axis=1) if self.k == 1 else np.sort(others, axis=1)[:, -self.k]
        lead = logits[rows, aims] - rival
        # Ties fall to the class of the lower index, as argmax has it.
        kept = np.maximum(np.abs(lead), _TINY)
        broken = self.broken(logits)
        return np.where(broken, -kept, kept)

    def rng(self, i: int, *stream: int) -> np.random.Generator:
        """Return the source of chance of the picture at ``i``, one for each ``stream``."""
        return np.random.default_rng([self.seed, int(self.ids[i]), *stream])

    def project(self, moved: Array) -> Array:
        """Return pictures brought back into the balls and into [0, 1]."""
        return self.ball.project(moved, self.inputs, self.radii)

    def random_start(self, *stream: int) -> Array:
        """Return a random picture from each ball."""
        shape = self.inputs.shape[1:]
        drawn = [self.ball.draw(self.rng(i, *stream), shape) for i in range(len(self))]
        return self.project(self.inputs + np.float32(self.eps) * np.stack(drawn))


class Attack(ABC):
    """An attack. Subclasses declare the class variables and implement ``perturb``.

    Attributes
    ----------
    id, name : str
        Identifier and name for people.
    summary : str
        One sentence: what it does.
    limits : str
        One sentence: what its failure does not prove.
    paper : str
        Source.
    norms : tuple of str
        Norms that it is defined for.
    needs : frozenset of str
        What it needs of the model; without gradients, forward passes are enough.
    minimal : bool
        Whether it looks for the least perturbation by itself and ignores ε.
    iterative : bool
        Whether it takes many steps along gradients.
    random : bool
        Whether the result depends on the seed.
    control : bool
        Whether it is a yardstick and no attack: noise of the same norm.
    ensemble : bool
        Whether it runs others in turn, each on what those before left unbroken.
    parameters : tuple of Parameter
    """

    id: ClassVar[str]
    name: ClassVar[str]
    summary: ClassVar[str]
    limits: ClassVar[str]
    paper: ClassVar[str]
    norms: ClassVar[tuple[Norm, ...]] = ("linf", "l2")
    needs: ClassVar[frozenset[str]] = frozenset({"gradient", "classes"})
    needs_gradients: ClassVar[bool] = Needs("gradient")  # type: ignore[assignment]
    minimal: ClassVar[bool] = False
    iterative: ClassVar[bool] = True
    random: ClassVar[bool] = False
    control: ClassVar[bool] = False
    ensemble: ClassVar[bool] = False
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    @abstractmethod
    def perturb(self, problem: Problem, parameters: Mapping[str, Value]) -> Array:
        """Return the pictures changed, float32 ``(N, H, W, 3)`` inside ball and [0, 1].

        Each is as good as the attack could make it: whether it breaks the model is for the caller
        to see.

        Parameters
        ----------
        problem : Problem
        parameters : mapping
            A checked value for every declared parameter.

        Raises
        ------
        Cancelled
            When the work was stopped.
        """

    @classmethod
    def card(cls) -> AttackCard:
        """Return what users see."""
        return card_of(cls, AttackCard)
