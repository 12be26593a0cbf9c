"""Training: what is asked for, what each epoch said, and the run that came of it."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

from core.data.contract import DatasetRef, Evaluation
from core.parameters import Parameter, Value
from core.training.contract.epsilon import keyed, migrated, migrated_run
from core.training.contract.seeds import SeedSpread
from core.values.basic import Artefact, Lane, ModelRef, content_key
from core.values.codec import Stored
from core.values.results import Result

__all__ = [
    "DEFAULT_RECIPE", "BaseModel", "Epoch", "RecipeCard", "Run", "TrainRequest",
]  # fmt: skip

DEFAULT_RECIPE = "scratch"
BaseModel = Literal["none", "required", "optional"]


@dataclass(frozen=True, slots=True)
class RecipeCard:
    """What a recipe of training declares about itself.

    Parameters
    ----------
    base : {"none", "required", "optional"}
        Whether it starts from a model of the zoo.
    base_help : str
        What that model is for, one sentence; ``""`` where there is none.
    """

    id: str
    name: str
    summary: str
    limits: str
    paper: str
    base: BaseModel
    base_help: str
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True)
class Epoch(Stored):
    """One pass over the training data.

    Parameters
    ----------
    epoch : int
        From 1, through all stages of the run.
    stage : str
        Part of the recipe: ``"train"``, ``"head"``, ``"finetune"``, …
    train_loss, train_accuracy : float
        Mean over the epoch's batches, as they were augmented; the accuracy is ``None`` where the
        objective has no labels.
    val_loss, val_accuracy, test_loss, test_accuracy : float or None
        After the epoch; ``None`` where there is no such split or nothing to measure yet.
    data_wait : float
        Share of the epoch's time spent waiting for data, in [0, 1].
    """

    epoch: int
    stage: str
    train_loss: float
    train_accuracy: float | None
    val_loss: float | None
    val_accuracy: float | None
    test_loss: float | None
    test_accuracy: float | None
    learning_rate: float
    seconds: float
    data_wait: float


@dataclass(frozen=True)
class Run(Result):
    """A finished run, which is a model of the zoo.

    ``model`` is its id there. Everything is plain JSON: this is also the run's manifest.

    Parameters
    ----------
    origin : {"run", "compressed", "imported"}
        Trained here, made smaller here, or brought along.
    architecture : str
        Id of the architecture that its weights go into.
    format : {"float32", "float16", "int8"}
    twin : str
        Id of the float32 model that a compressed one was made of, else ``""``.
    file, bytes : str, int
        Name of the weights' file in the run's folder, and its size.
    best_epoch : int
        Epoch whose weights the file holds: the last one, or with patience that of its stage's
        lowest validation loss; 0 without a history.
    notes : tuple of str
        What people should know: a halved batch, an early stop. Plain text.
    resumed : bool
        Whether it went on from a checkpoint.
    facts : dict
        Further figures by name (measured latency, share of zeros, robust accuracy).
    twin_test : Evaluation, optional
        Of a compressed model: how its twin does on the very pictures of ``test``.
    seeds : SeedSpread, optional
        How the figures spread over this and other seeds, where the same was trained with several.
    """

    origin: Literal["run", "compressed", "imported"]
    name: str
    architecture: str
    input_size: int | tuple[int, ...]
    n_parameters: int
    classes: tuple[str, ...]
    dataset: str
    data_fingerprint: str
    recipe: str
    base: str
    parameters: dict[str, Value]
    seed: int
    history: tuple[Epoch, ...]
    best_epoch: int
    test: Evaluation | None
    notes: tuple[str, ...]
    created: float
    file: str
    bytes: int
    command: str
    format: Literal["float32", "float16", "int8"] = "float32"
    twin: str = ""
    resumed: bool = False
    facts: dict[str, float | int | str | bool] = field(default_factory=dict)
    twin_test: Evaluation | None = None
    seeds: SeedSpread | None = None

    @classmethod
    def from_artefact(cls, artefact: Artefact) -> Self:
        """Rebuild a run, as in :meth:`Stored.from_artefact`; those of older versions as well."""
        document = migrated_run(artefact.document)
        return super().from_artefact(replace(artefact, document=document))

    @property
    def lowest_validation(self) -> Epoch | None:
        """The epoch of the lowest validation loss, whose weights need not be the saved ones."""
        measured = [epoch for epoch in self.history if epoch.val_loss is not None]
        return min(measured, key=lambda epoch: float(epoch.val_loss or 0.0), default=None)


@dataclass(frozen=True)
class TrainRequest:
    """Ask for a model trained on a dataset by a recipe.

    Parameters
    ----------
    fingerprint : str
        Of the dataset's content.
    base : ModelRef, optional
        The model it starts from, with the hash of its weights.
    parameters : dict
        A checked value for every parameter of the recipe.
    versions : dict
        Of everything that the weights depend on, the training code included.
    """

    kind: ClassVar[str] = "train"
    work: ClassVar[str] = "core.training.run:train"
    result: ClassVar[type[Run]] = Run
    durable: ClassVar[bool] = True
    dataset: DatasetRef
    fingerprint: str
    recipe: str
    base: ModelRef | None
    base_sha256: str
    parameters: dict[str, Value]
    seed: int
    versions: dict[str, str]
    lane: Lane = "training"

    @cached_property
    def key(self) -> str:
        """Content key: data, recipe, parameters, seed, base and code."""
        return content_key(
            {
                "kind": self.kind,
                "data": self.fingerprint,
                "recipe": self.recipe,
                "base": None if self.base is None else self.base.id,
                "base_weights": self.base_sha256,
                "parameters": keyed(self.parameters),
                "seed": self.seed,
                "versions": self.versions,
            }
        )

    @property
    def batch(self) -> str:
        """Each run by itself."""
        return self.key

    @property
    def model_id(self) -> str:
        """Id of the model in the zoo, once it is trained."""
        return f"{self.dataset.id}_{self.recipe}_{self.key[:8]}"

    @cached_property
    def command(self) -> str:
        """The command line that repeats this run."""
        words = ["python", "-m", "core", "train", "--dataset", self.dataset.text]
        words += ["--recipe", self.recipe]
        if self.base is not None:
            words += ["--base", self.base.id]
            if self.base.weights != "pretrained":
                words += ["--weights", self.base.weights]
        for name, value in self.parameters.items():
            words += ["--param", f"{name}={value}"]
        return shlex.join([*words, "--seed", str(self.seed)])

    def adopt(self, stored: Any) -> Any:
        """Return a stored run as the answer to this request."""
        return replace(stored, dataset=self.dataset.text, command=self.command, cached=True)

    def to_document(self) -> dict[str, Any]:
        """Return plain JSON that :meth:`from_document` reads back."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> TrainRequest:
        """Rebuild a request; whatever does not fit is a ``ValueError``."""
        from pydantic import TypeAdapter

        found = TypeAdapter(cls).validate_python(document)
        return replace(found, parameters=migrated(found.parameters))
