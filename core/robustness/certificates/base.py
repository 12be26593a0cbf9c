"""What every way to certify is: its declaration, and one verb, ``certify``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from core.contracts import Array, CertifierCard, Norm
from core.declared import card_of
from core.modalities.capabilities import Needs
from core.parameters import Parameter, Value
from core.robustness.certificates.certificate import Certificate

if TYPE_CHECKING:
    from core.control import Control
    from core.models.runtime import Runtime

__all__ = ["Certifier", "Task"]


@dataclass(frozen=True)
class Task:
    """Pictures to be certified.

    Parameters
    ----------
    model : Runtime
    inputs : ndarray of float32, shape (N, H, W, 3)
        Pixels in [0, 1].
    ids : ndarray of int64, shape (N,)
        What is drawn for a picture depends on this and the seed, not on those beside it.
    seed : int
    control : Control
    """

    model: Runtime
    inputs: Array
    ids: npt.NDArray[np.int64]
    seed: int
    control: Control


class Certifier(ABC):
    """A way to certify. Subclasses declare the class variables and implement ``certify``.

    Attributes
    ----------
    id, name, summary, limits, paper : str
        As of attacks; ``limits`` says whose answers are certified.
    norm : str
        What radii are measured in.
    needs : frozenset of str
        What it needs of the model; unless it reads the weights, forward passes are enough.
    chunk : int
        Pictures that are certified, and kept, together.
    parameters : tuple of Parameter
    """

    id: ClassVar[str]
    name: ClassVar[str]
    summary: ClassVar[str]
    limits: ClassVar[str]
    paper: ClassVar[str]
    norm: ClassVar[Norm]
    needs: ClassVar[frozenset[str]]
    needs_network: ClassVar[bool] = Needs("network")  # type: ignore[assignment]
    chunk: ClassVar[int] = 64
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    @abstractmethod
    def certify(self, task: Task, parameters: Mapping[str, Value]) -> list[Certificate]:
        """Return a certificate for each picture.

        Parameters
        ----------
        task : Task
        parameters : mapping
            A checked value for every declared parameter.

        Raises
        ------
        CapabilityError
            If the model has parts that the method knows nothing of.
        Cancelled
            When the work was stopped.
        """

    @abstractmethod
    def radius_grid(self, parameters: Mapping[str, Value], n_values: int) -> tuple[float, ...]:
        """Return the radii of an automatic curve, ascending, without 0."""

    @abstractmethod
    def ceiling(self, parameters: Mapping[str, Value]) -> float:
        """Return the largest radius that can be proven, however firm the model is."""

    @classmethod
    def card(cls) -> CertifierCard:
        """Return what users see."""
        return card_of(cls, CertifierCard)
