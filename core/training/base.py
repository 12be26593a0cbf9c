"""What a recipe of training is: its declaration, and one verb, ``train``.

Declarations are free of TensorFlow; a recipe imports what computes inside ``train``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from core.contracts import BaseModel, RecipeCard
from core.declared import card_of
from core.parameters import Parameter

if TYPE_CHECKING:
    from core.training.job import Job, Trained

__all__ = ["Recipe"]


class Recipe(ABC):
    """A recipe. Subclasses declare the class variables and implement ``train``.

    Attributes
    ----------
    id, name, summary, limits, paper : str
        As of saliency methods: what it does, and what it does not do, in a sentence each.
    base : {"none", "required", "optional"}
        Whether it starts from a model of the zoo; ``base_help`` says what that is for.
    default_base : str
        Id of the model it starts from when none is given; ``""`` for none.
    parameters : tuple of Parameter
        ``epochs`` is among them.
    """

    id: ClassVar[str]
    name: ClassVar[str]
    summary: ClassVar[str]
    limits: ClassVar[str]
    paper: ClassVar[str]
    base: ClassVar[BaseModel] = "none"
    base_help: ClassVar[str] = ""
    default_base: ClassVar[str] = ""
    parameters: ClassVar[tuple[Parameter, ...]]

    @abstractmethod
    def train(self, job: Job) -> Trained:
        """Train and return the model; every epoch goes through ``trainer.fit``.

        Parameters
        ----------
        job : Job
            Dataset, parameters, seed, control and the run's folder.

        Raises
        ------
        TrainingError
            If the loss diverges.
        Cancelled
            Between two steps; the last epoch's checkpoint stays.
        """

    @classmethod
    def card(cls) -> RecipeCard:
        """Return what users see."""
        return card_of(cls, RecipeCard)
